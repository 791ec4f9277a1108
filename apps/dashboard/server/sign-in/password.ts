/** Passwords: argon2id with the parameters that OWASP's password storage cheat sheet names first (19 MiB, 2 passes, 1 lane). */
import { hash, verify } from "@node-rs/argon2";

const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** @returns a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$...` */
export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}

/** Never throws: a hash that cannot be read opens nothing. */
export async function verifyPassword(stored: string, password: string): Promise<boolean> {
  return verify(stored, password).catch(() => false);
}
