import { userInfo } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { CausewayError } from '../core/errors.ts';

/** What a command has of the process it runs in. */
export interface Shell {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable;
  /** The system user, for the audit trail. */
  user: string;
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends CausewayError {
  readonly code = 'USAGE';
}

export function processShell(): Shell {
  const { env, stdin, stdout, stderr } = process;
  // A reader that has seen enough (`| head`) is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return { env, stdin, stdout, stderr, user: systemUser() };
}

/** A container may run under a user id that has no name. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

export function printLine(shell: Shell, text: string): void {
  shell.stdout.write(`${text}\n`);
}

/** Prints `value` for programs (times in it are ISO already), or `text` for people. */
export function answer(shell: Shell, options: { json?: true }, value: unknown, text: string): void {
  printLine(shell, options.json === true ? JSON.stringify(value, null, 2) : text);
}
