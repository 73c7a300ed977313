package org.scriptorium.pipeline.retrieval;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/** The driver's Hadoop settings on their way to tasks, which read and write files with them. */
record HadoopSettings(Map<String, String> values) implements Serializable {

  static HadoopSettings of(Configuration configuration) {
    Map<String, String> values = new HashMap<>();
    configuration.forEach(entry -> values.put(entry.getKey(), entry.getValue()));
    return new HadoopSettings(values);
  }

  Configuration configuration() {
    var configuration = new Configuration(false);
    values.forEach(configuration::set);
    return configuration;
  }
}
