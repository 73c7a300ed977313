/** The command line: what users call, and what spark-submit starts. */
package org.scriptorium.jobs;
