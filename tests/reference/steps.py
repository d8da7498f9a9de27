"""Writes steps.txt: a discriminator and a generator with two optimizers in turn, ten rounds by PyTorch in double.

    python3 tests/reference/steps.py > tests/reference/steps.txt

Case rounds: a round is 24 rows, two windows of 12: the discriminator takes both, the generator the second; an epoch's last round has
one window of 5. Case apart: it is 16 rows, the discriminator's are two windows of 8, the generator's is one of 12, the round's last rows;
windows lie at the same places in an epoch's last round of 5 rows, where the generator's has what is after the fourth.
"""
import torch
from hashed import number, numbers, real

ROWS, ROUNDS = 53, 10
HEAD = """# Steps in turn by PyTorch {version} in double: losses d and g of every round's last window, and the last weights.
# rows: x = real([53, 4], seed 1), z = real([53, 3], seed 2); parameter i = real(shape, seed 10 + i): tests/reference/hashed.py.
"""
bce = torch.nn.functional.binary_cross_entropy_with_logits


def rounds(size, parts):
    """The rows of each round's windows, of the first network and of the second: parts are two of batch and times."""
    while True:
        for first in range(0, ROWS, size):
            end = min(first + size, ROWS)
            taken = []
            for batch, times in parts:
                starts = range(first + (size % batch - batch if size % batch else 0), end, batch)
                taken.append([slice(max(at, first), min(at + batch, end)) for at in starts][-times:])
            yield taken


def loss_of_disc(disc, gen, x, z):
    real_score, fake_score = disc(x), disc(gen(z).detach())
    return (bce(real_score, torch.ones_like(real_score)) + bce(fake_score, torch.zeros_like(fake_score))
            + 1e-2 * (disc[0].weight ** 2).sum())


def loss_of_gen(disc, gen, z):
    score = disc(gen(z))
    return bce(score, torch.ones_like(score))


def run(case, size, parts):
    disc = torch.nn.Sequential(torch.nn.Linear(4, 11), torch.nn.LeakyReLU(0.2), torch.nn.Linear(11, 1))
    gen = torch.nn.Sequential(torch.nn.Linear(3, 9), torch.nn.Tanh(), torch.nn.Linear(9, 4))
    for i, p in enumerate([*disc.parameters(), *gen.parameters()]):
        p.data = real(tuple(p.shape), 10 + i)
    x, z = real((ROWS, 4), 1), real((ROWS, 3), 2)
    adam = torch.optim.Adam(disc.parameters(), lr=2e-2, betas=(0.5, 0.999))
    slow = [gen[2].bias]
    sgd = torch.optim.SGD([dict(params=[p for p in gen.parameters() if p is not slow[0]]), dict(params=slow, lr=0.05)], lr=0.1, momentum=0.9)
    planned = list(zip(range(ROUNDS), rounds(size, parts)))
    updates, t = sum(len(of_disc) for _, (of_disc, _) in planned), 0
    print(f"case {case}")
    for n, (of_disc, of_gen) in planned:
        for w in of_disc:
            adam.param_groups[0]["lr"] = 2e-2 - 1e-2 * t / updates
            t += 1
            d = loss_of_disc(disc, gen, x[w], z[w])
            adam.zero_grad()
            d.backward()
            adam.step()
        g = loss_of_gen(disc, gen, z[of_gen[-1]])
        sgd.zero_grad()
        g.backward()
        torch.nn.utils.clip_grad_norm_(gen.parameters(), 0.2)
        sgd.step()
        print(f"loss {2 * n + 1} {number(d)}\nloss {2 * n + 2} {number(g)}")
    for part, net in (("disc", disc), ("gen", gen)):
        for key, p in net.named_parameters():
            print(f"weight {part}.{key} {p.numel()} {numbers(p)}")
    return loss_of_disc(disc, gen, x, z), loss_of_gen(disc, gen, z)


def main():
    print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
    d, g = run("rounds", 24, ((12, 2), (12, 1)))
    print(f"case all rows\nloss 1 {number(d)}\nloss 2 {number(g)}")
    run("apart", 16, ((8, 2), (12, 1)))


main()
