package org.scriptorium.spark;

import org.scriptorium.engine.api.Request;

/** Sends the text after an instruction that is the same for all rows. */
record RewriteTask(String instruction) implements AiTask {

  @Override
  public Rows prepare(CallPlan call) {
    return row -> new Step.Ask(new Request(Instruction.over(instruction, row.text("text")), call.specification().config()));
  }
}
