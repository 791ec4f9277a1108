/** A private CA and a certificate for `localhost`, by the commands of docs/operate.md. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** `ca.crt`, `server.crt` and `server.key` in the folder. */
export async function makeCertificates(directory: string): Promise<void> {
  const openssl = (...words: string[]) => run("openssl", words, { cwd: directory });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "3650",
    "-subj",
    "/CN=Tera Test CA",
  );
  await openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  await writeFile(join(directory, "server.ext"), "subjectAltName=DNS:localhost\n");
  await openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-out", "server.crt", "-days", "825", "-extfile", "server.ext"],
  );
}
