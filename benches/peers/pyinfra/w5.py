import os

from pyinfra import host
from pyinfra.operations import files

files.put(name="copy", src=os.environ["BENCH_BLOB"], dest=f"{os.environ['BENCH_SITE']}/{host.name}/blob")
