/** Chat templates: a small sandboxed interpreter of the Jinja2 that templates use. Knows {@code api} only. */
package org.scriptorium.engine.template;
