"""apk_repository.py FOLDER APK: a repository of unsigned packages with a signed index, and its key `test.rsa.pub`.

Packages: shop 1.0, 1.1 and 2.0 (needs shop-lib), shop-lib, shop-doc (needs shop), broken (needs what is not there); another
one with each further argument.
"""

import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile

out = pathlib.Path(sys.argv[1])
apk = sys.argv[2]
folder = out / "noarch"
key = out / "key.rsa"


def packed(entries, sums, ends):
    """An archive. Those that another one follows have no end of their own."""
    raw = io.BytesIO()
    archive = tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT if sums else tarfile.USTAR_FORMAT)
    for name, data in entries:
        info = tarfile.TarInfo(name)
        info.uname = info.gname = "root"
        info.mode = 0o755 if data is None else 0o644
        info.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
        if data is not None:
            info.size = len(data)
            if sums:
                info.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(data).hexdigest()}
        archive.addfile(info, io.BytesIO(data or b""))
    length = archive.offset
    archive.close()
    return gzip.compress(raw.getvalue() if ends else raw.getvalue()[:length], mtime=0)


def package(name, version, *fields):
    data = packed(
        [
            ("etc", None),
            (f"etc/{name}.conf", f"conf {version}\n".encode()),
            ("usr", None),
            ("usr/share", None),
            (f"usr/share/{name}", None),
            (f"usr/share/{name}/version", f"{version}\n".encode()),
        ],
        True,
        True,
    )
    info = [f"pkgname = {name}", f"pkgver = {version}", "pkgdesc = for tests", "url = https://example.invalid"]
    info += ["size = 100", "arch = noarch", "license = MIT", f"origin = {name}", *fields]
    info += ["datahash = " + hashlib.sha256(data).hexdigest(), ""]
    control = packed([(".PKGINFO", "\n".join(info).encode())], False, False)
    (folder / f"{name}-{version}.apk").write_bytes(control + data)


folder.mkdir(parents=True, exist_ok=True)
if not key.exists():
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", out / "test.rsa.pub"], check=True, stderr=subprocess.DEVNULL)
package("shop", "1.0-r0")
package("shop", "1.1-r0")
package("shop", "2.0-r0", "depend = shop-lib")
package("shop-lib", "2.0-r0")
package("shop-doc", "1.0-r0", "depend = shop")
package("broken", "1.0-r0", "depend = no-such-package")
for name in sys.argv[3:]:
    package(name, "1.0-r0")
index = out / "index.tar.gz"
packages = sorted(folder.glob("*.apk"))
command = [apk, "--allow-untrusted", "index", "--quiet", "--rewrite-arch", "noarch", "--output", index, *packages]
subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
signature = subprocess.run(["openssl", "dgst", "-sha1", "-sign", key, index], check=True, stdout=subprocess.PIPE).stdout
signed = packed([(".SIGN.RSA.test.rsa.pub", signature)], False, False) + index.read_bytes()
(folder / "APKINDEX.tar.gz").write_bytes(signed)
