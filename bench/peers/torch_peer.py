"""Windows of 8 x 32 rows by PyTorch as its users write them: a loop of backward calls, then Adam."""
from common import BATCH, MICRO, THREADS, dataset, measure, weight
import torch
import torch.nn.functional as F


def run(net, weight_seed, shape, data_seed):
    torch.set_num_threads(int(THREADS))
    for i, m in enumerate(m for m in net if hasattr(m, "weight")):
        fan = m.weight[0].numel()
        m.weight.data = torch.from_numpy(weight(tuple(m.weight.shape), weight_seed + 2 * i, fan))
        m.bias.data = torch.from_numpy(weight(tuple(m.bias.shape), weight_seed + 2 * i + 1, fan))
    x, y = map(torch.from_numpy, dataset(shape, data_seed))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def update(at):
        total = 0
        for k in range(at, at + BATCH, MICRO):
            loss = F.cross_entropy(net(x[k:k + MICRO]), y[k:k + MICRO])
            (loss * (MICRO / BATCH)).backward()
            total = total + loss.detach()
        optimizer.step()
        optimizer.zero_grad()
        return total * (MICRO / BATCH)

    measure(update, "PyTorch " + torch.__version__.split("+")[0])
