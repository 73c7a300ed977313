package org.scriptorium.engine.weights;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * A model's tensors. Owns the memory that its tensors point into, until it is closed.
 *
 * <p>For any number of threads; closing is for one, when no other reads any more.
 */
public interface Weights extends AutoCloseable {

  /** The file or folder that was opened. */
  Path path();

  /** Size of the files that hold the tensors. */
  long bytes();

  /** All tensors, as the files order them. */
  Collection<Tensor> tensors();

  Optional<Tensor> find(String name);

  /** @throws ModelException {@link ErrorCode#MISSING_TENSOR} if there is none, with the nearest names there are */
  default Tensor tensor(String name) {
    return find(name).orElseThrow(() -> new ModelException(ErrorCode.MISSING_TENSOR,
        "%s: %s: expected a tensor of this name, found none among %d%s; the file may be of another architecture, or a part of a model only"
            .formatted(path(), name, tensors().size(), Names.nearest(name, tensors().stream().map(Tensor::name).toList()))));
  }

  /** Unmaps the files; a tensor that is read later throws {@link IllegalStateException}. Idempotent. */
  @Override
  void close();
}
