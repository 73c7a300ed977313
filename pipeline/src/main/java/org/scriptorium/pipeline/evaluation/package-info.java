/** How good results are, compared with references: texts, answers, and passages that were found. */
package org.scriptorium.pipeline.evaluation;
