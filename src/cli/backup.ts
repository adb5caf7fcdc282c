import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { OperatorError } from '../core/errors.ts';
import { backUpFile } from '../store/backup.ts';
import { dataFile } from '../store/data-folder.ts';
import { addCommand } from './command.ts';
import { answer, type Shell } from './shell.ts';

export function addBackupCommand(program: Command, shell: Shell): void {
  addCommand(program, 'backup <file>', 'copy the data folder’s store to a new file, while the server runs', [
    'backup /backup/causeway-2027-01-31.db',
  ]).action(async (file: string, options: { json?: true }) => {
    const source = findStore(shell);
    const bytes = await backUpFile(source, resolve(file));
    const told = { from: source, file: resolve(file), bytes };
    answer(shell, options, told, `${source} is backed up to ${resolve(file)}: ${bytes} bytes.`);
  });
}

function findStore({ env }: Shell): string {
  if (env['CAUSEWAY_DATABASE_URL'] !== undefined) {
    throw new OperatorError(
      'The store is in PostgreSQL, which has tools of its own for backups: use pg_dump (docs/operations.md).',
    );
  }
  const { dataDir, mode } = readConfig(env);
  const source = dataFile(dataDir, mode, 'db');
  if (existsSync(source)) return source;
  throw new OperatorError(
    `There is no store at ${source}. Set the same CAUSEWAY_ variables as for the server.`,
  );
}
