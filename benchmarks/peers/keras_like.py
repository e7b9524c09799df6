# SPDX-License-Identifier: MIT
"""What is often written in Keras: 1,000 users, 1,000 items, embeddings of 100, their dot product, mean squared error, Adam, batches of 128, 10
epochs, 100,000 rows. kindred beside PyTorch (dense Adam, SparseAdam) and Keras, import and compilation not counted."""
from common import child, clock, contender, environment, in_turns, read_rows, rows_of

DIM, BATCH, EPOCHS = 100, 128, 10


def run_torch(rows, threads, sparse):
    import torch
    torch.set_num_threads(threads)
    users, items, values = (torch.from_numpy(column.astype("int64" if k < 2 else "float32")) for k, column in enumerate(read_rows(rows)))
    tables = [torch.nn.Embedding(1000, DIM, sparse=sparse) for _ in range(2)]
    for table in tables:
        torch.nn.init.normal_(table.weight, std=0.05)
    weights = [table.weight for table in tables]
    optimizer = torch.optim.SparseAdam(weights, lr=1e-3) if sparse else torch.optim.Adam(weights, lr=1e-3, fused=True)

    def epoch():
        order, total = torch.randperm(len(users)), 0.0
        for start in range(0, len(users), BATCH):
            batch = order[start:start + BATCH]
            loss = ((tables[0](users[batch]) * tables[1](items[batch])).sum(dim=1) - values[batch]).square().mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        return total / len(users)

    start = clock(threads)
    for _ in range(EPOCHS):
        loss = epoch()
    return {"seconds": clock(threads) - start, "quality": {"loss": loss}}


def run_keras(rows, threads, compiled):
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras
    users, items, values = read_rows(rows)
    inputs = [keras.Input((), dtype="int32") for _ in range(2)]
    vectors = [keras.layers.Embedding(1000, DIM)(one) for one in inputs]
    model = keras.Model(inputs, keras.layers.Dot(axes=1)(vectors))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse", jit_compile=compiled)
    model.fit([users[:BATCH], items[:BATCH]], values[:BATCH], batch_size=BATCH, verbose=0)  # traces the graph
    start = clock(threads)
    history = model.fit([users, items], values, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return {"seconds": clock(threads) - start, "quality": {"loss": history.history["loss"][-1]}}


def measure(options, data):
    path = data.ratings(1000, 1000, 100_000)
    turns = []
    for threads in options.threads:
        turns.append(data.ours("keras", "Adam", {"rows": path, "threads": threads}))
        if "torch" in options.peers:
            turns += [contender(__file__, "torch", {"rows": path, "threads": threads, "sparse": sparse}, threads,
                                "SparseAdam" if sparse else "dense Adam, fused", environment(threads, allocator=True))
                      for sparse in (False, True)]
        if "tensorflow-cpu" in options.peers:
            turns += [contender(__file__, "tensorflow-cpu", {"rows": path, "threads": threads, "compiled": compiled}, threads,
                                "Keras, jit_compile" if compiled else "Keras", environment(threads, allocator=True))
                      for compiled in (False, True)]
    in_turns(turns, options.rounds)
    return rows_of("the Keras example", "1,000 x 1,000, 100,000 rows, Dim 100, batch 128, 10 epochs", turns, 1_000_000, "rows")


if __name__ == "__main__":
    child({"torch": run_torch, "tensorflow-cpu": run_keras})
