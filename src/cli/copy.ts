import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { OperatorError } from '../core/errors.ts';
import { type CopyReport, copyStore } from '../store/copy.ts';
import { parsePlace, type StorePlace } from '../store/copy-place.ts';
import { addCommand } from './command.ts';
import { answer, type Shell } from './shell.ts';
import { formatTable } from './table.ts';

interface CopyCommandOptions {
  from: string;
  to: string;
  json?: true;
}

const PROGRESS_MS = 5_000;

export function addCopyCommand(program: Command, shell: Shell): void {
  addCommand(program, 'copy', 'copy a whole store that no server uses, such as to PostgreSQL', [
    'copy --from ./data --to env:CAUSEWAY_DATABASE_URL',
    'copy --from env:CAUSEWAY_DATABASE_URL --to /backup/causeway-2027-01-31.db',
    'copy --from /backup/causeway-2027-01-31.db --to postgresql://causeway@db.example.com/causeway',
  ])
    .requiredOption(
      '--from <store>',
      'a data folder, a SQLite file or a PostgreSQL URL; env:NAME reads it from a variable',
    )
    .requiredOption('--to <store>', 'the same; it must be empty, or what an earlier run has left')
    .action(async (options: CopyCommandOptions) => {
      const report = await copyStore({
        from: readPlace(shell, '--from', options.from),
        to: readPlace(shell, '--to', options.to),
        actor: `cli:${shell.user}`,
        now: systemClock.now(),
        progress: progressTo(shell),
      });
      answer(shell, options, report, formatCopy(report));
    });
}

/** A URL with a password is better kept out of the command line, which other users of the machine see. */
function readPlace({ env }: Shell, option: string, text: string): StorePlace {
  const name = /^env:(.*)$/s.exec(text)?.[1];
  if (name === undefined) return parsePlace(text);
  const value = env[name];
  if (value === undefined || value === '')
    throw new OperatorError(`${option} names the variable ${JSON.stringify(name)}, which is not set.`);
  return parsePlace(value);
}

function progressTo({ stderr }: Shell): (table: string, rows: number) => void {
  let told = performance.now();
  return (table, rows) => {
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    stderr.write(`${table}: ${rows} rows\n`);
  };
}

function formatCopy({ from, to, mode, tables }: CopyReport): string {
  const rows = tables.map(({ name, rows, sha256 }) => [name, rows, sha256]);
  const key =
    mode === 'real'
      ? 'The secret key is not part of a store: the copy is opened with the CAUSEWAY_SECRET_KEY of the source.'
      : 'The keys of a sandbox are not part of its store: copy sandbox.key and sandbox.json of the source beside the copy.';
  return `${formatTable(['table', 'rows', 'sha-256 of source and copy'], rows, '')}

${from} is copied to ${to}, and compared.
${key}
Start no server on the source any more: both would deliver.`;
}
