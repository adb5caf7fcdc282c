import { join } from 'node:path';
import { type Subject, startSubject } from './subject.ts';

function path(relative: string): string {
  return new URL(relative, import.meta.url).pathname;
}

/** Causeway as it is, on the store in `dir`; its log, a line a request, goes to a file there. */
export function startCauseway(dir: string): Promise<Subject> {
  return startSubject({
    script: path('../bin/causeway.js'),
    args: ['serve'],
    // As "npm start" has it.
    flags: ['--max-semi-space-size=4', '--heap-growing-percent=60'],
    readyPath: '/readyz',
    logFile: join(dir, 'causeway.log'),
    env: (port) => ({ CAUSEWAY_PORT: String(port), CAUSEWAY_DATA_DIR: dir }),
  });
}

export function startServer(
  name: 'express' | 'scimmy' | 'fake',
  users: number,
  dir: string,
): Promise<Subject> {
  return startSubject({
    script: path(`./servers/${name}-server.ts`),
    readyPath: '/readyz',
    logFile: join(dir, `${name}.log`),
    env: (port) => ({ PORT: String(port), USERS: String(users) }),
  });
}
