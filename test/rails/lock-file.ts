import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * npm leaves optional packages out of the lock file that it could not fetch when it was written, and then `npm ci` refuses the
 * lock file. Run as a program, this file adds them.
 */
const Entry = z.looseObject({
  license: z.string().optional(),
  engines: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const Lock = z.looseObject({ packages: z.record(z.string(), Entry) });
type Lock = z.infer<typeof Lock>;

export function readLock(text: string): Lock {
  return Lock.parse(JSON.parse(text));
}

interface Missing {
  name: string;
  version: string;
  parent: z.infer<typeof Entry>;
}

/** Optional packages that the lock file's own entries ask for and that it does not have. */
export function missingOptionals({ packages }: Lock): Missing[] {
  return Object.values(packages).flatMap((parent) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name, version]) => packages[`node_modules/${name}`] === undefined && /^\d/.test(version))
      .map(([name, version]) => ({ name, version, parent })),
  );
}

/** `linux-arm-musleabihf` at the end of a package's name says where it belongs. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const [, os = '', cpu = '', abi = ''] =
    /(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-(\w+))?$/.exec(name) ?? [];
  const libc = abi.startsWith('musl') ? 'musl' : abi.startsWith('gnu') ? 'glibc' : null;
  return { os: [os], cpu: [cpu], ...(os === 'linux' && libc !== null && { libc: [libc] }) };
}

if (import.meta.main) {
  const lock = readLock(readFileSync('package-lock.json', 'utf8'));
  for (const { name, version, parent } of missingOptionals(lock)) {
    const { license, engines } = parent;
    lock.packages[`node_modules/${name}`] = {
      version,
      dev: true,
      license,
      optional: true,
      ...platformOf(name),
      engines,
    };
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
}
