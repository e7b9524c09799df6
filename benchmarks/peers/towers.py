# SPDX-License-Identifier: MIT
# The network of benchmarks/towers.cpp in PyTorch, on the same number of rows: an epoch's rows a second on one thread and on two.
#   pip install torch && python benchmarks/peers/towers.py
import time

import torch

USERS, ITEMS, ROWS, WIDTH, BATCH = 6000, 4000, 200_000, 64, 1024


def tower():
    return torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.ReLU(), torch.nn.Linear(WIDTH, WIDTH))


def epoch(user_tower, item_tower, optimizer, user_features, item_features, users, items, labels):
    order = torch.randperm(len(users))
    for start in range(0, len(users), BATCH):
        rows = order[start:start + BATCH]
        a, b = user_tower(user_features[users[rows]]), item_tower(item_features[items[rows]])
        loss = ((a * b).sum(dim=1) - labels[rows]).square().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def main():
    torch.manual_seed(1)
    user_features, item_features = torch.randn(USERS, WIDTH), torch.randn(ITEMS, WIDTH)
    users, items = torch.randint(USERS, (ROWS,)), torch.randint(ITEMS, (ROWS,))
    labels = torch.randn(ROWS)
    print("torch", torch.__version__)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        user_tower, item_tower = tower(), tower()
        weights = [*user_tower.parameters(), *item_tower.parameters()]
        for fused in (False, True):
            optimizer = torch.optim.Adam(weights, lr=1e-3, fused=fused)
            seconds = []
            for _ in range(6):
                start = time.perf_counter()
                epoch(user_tower, item_tower, optimizer, user_features, item_features, users, items, labels)
                seconds.append(time.perf_counter() - start)
            median = sorted(seconds[1:])[len(seconds[1:]) // 2]
            print(f"threads {threads}  adam {'fused' if fused else 'default':7}  {median * 1e3:7.1f} ms  {ROWS / median / 1e6:.2f} M rows/s")


main()
