/** Text to token ids and back. Knows {@code api} only. */
package org.scriptorium.engine.tokenizer;
