/** Texts by their structure: where they may be parted, and how well. Knows neither Spark nor models. */
package org.scriptorium.pipeline.text;
