import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { OperatorError } from '../core/errors.ts';
import type { Shell } from './shell.ts';

/** Asks before something that is not undone easily; throws OperatorError for a no, and where nobody can be asked. */
export async function confirm(shell: Shell, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (shell.stdin.isTTY !== true) {
    throw new OperatorError(
      `Nothing was changed, since nobody can be asked here: ${question} Add --yes to agree.`,
    );
  }
  const answer = await ask(shell, `${question} [y/N] `, shell.stderr);
  if (!/^y(es)?$/i.test(answer.trim())) throw new OperatorError('Nothing was changed.');
}

/** Reads a line from a terminal without showing it. */
export async function askSecret(shell: Shell, label: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    const answer = ask(shell, '', nowhere);
    // Only now, when the terminal no longer echoes: somebody may answer at once.
    shell.stderr.write(`${label}: `);
    return await answer;
  } finally {
    shell.stderr.write('\n');
  }
}

async function ask(shell: Shell, question: string, output: Writable): Promise<string> {
  const reader = createInterface({ input: shell.stdin, output, terminal: true, historySize: 0 });
  const cancelled = new Promise<never>((_resolve, reject) => {
    reader.once('close', () => reject(new OperatorError('Cancelled: nothing was changed.')));
  });
  cancelled.catch(() => {});
  try {
    return await Promise.race([reader.question(question).catch(() => cancelled), cancelled]);
  } finally {
    reader.close();
  }
}

/** Standard input is meant for a JSON document or a credential: at most this much. */
const MAX_INPUT = 1024 * 1024;

/** All of standard input. */
export async function readInputText(shell: Shell): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of shell.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    size += bytes.length;
    if (size > MAX_INPUT) throw new OperatorError('Standard input is larger than 1 MiB: give less.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
