import type { Command } from 'commander';
import {
  pauseConnection,
  removeConnection,
  resumeConnection,
  viewConnection,
} from '../admin/connection-life.ts';
import { addCommand } from './command.ts';
import { confirm } from './prompt.ts';
import { answer, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';

/** Adds what stops, restarts and ends a connection. */
export function addConnectionLifeCommands(group: Command, shell: Shell): void {
  addCommand(group, 'pause <connection>', 'stop deliveries; pushes are stored and delivered later', [
    'connection pause crm --reason "vendor maintenance"',
  ])
    .option('--reason <text>', 'why, for those who look at it later')
    .action((id: string, options: { reason?: string; json?: true }) =>
      withStore(shell, async ({ operator }) => {
        await pauseConnection(operator, id, options.reason ?? null);
        answer(shell, options, { connection: id, paused: true }, `The connection "${id}" is paused.`);
      }),
    );
  addCommand(group, 'resume <connection>', 'deliver again', ['connection resume crm']).action(
    (id: string, options: { json?: true }) =>
      withStore(shell, async ({ operator }) => {
        await resumeConnection(operator, id);
        answer(shell, options, { connection: id, paused: false }, `The connection "${id}" delivers again.`);
      }),
  );
  addCommand(group, 'remove <connection>', 'take a connection and all that it holds out of Causeway', [
    'connection remove crm',
    'connection remove crm --yes',
  ])
    .option('--yes', 'do not ask')
    .action((id: string, options: { yes?: true; json?: true }) =>
      withStore(shell, (place) => remove(place, id, options)),
    );
}

async function remove(
  { shell, operator }: Workplace,
  id: string,
  options: { yes?: true; json?: true },
): Promise<void> {
  const { connection, counts } = await viewConnection(operator, id);
  const accounts = Object.values(counts.accounts).reduce((sum, count) => sum + count, 0);
  const { users, groups, tasks, tokens } = counts;
  const held = `its Users (${users}), Groups (${groups}), accounts (${accounts}), open tasks (${tasks}) and tokens (${tokens})`;
  await confirm(
    shell,
    `This takes "${id}" with ${held} out of Causeway for good; nothing changes at the vendor (${connection.title}). Go on?`,
    options.yes === true,
  );
  await removeConnection(operator, id);
  answer(shell, options, { connection: id, removed: true }, `The connection "${id}" is removed.`);
}
