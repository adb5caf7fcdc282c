import type { Command } from 'commander';
import { erasePerson } from '../admin/people.ts';
import { addCommand, addGroup } from './command.ts';
import { confirm } from './prompt.ts';
import { answer, type Shell } from './shell.ts';
import { withStore } from './store.ts';

export function addPersonCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'person', 'what is kept about a person');
  addCommand(group, 'erase <connection> <person>', 'take a person out of the history of deliveries', [
    'person erase crm ana@example.com --yes',
  ])
    .option('--yes', 'do not ask')
    .action((id: string, person: string, options: { yes?: true; json?: true }) =>
      withStore(shell, async ({ operator }) => {
        const question = `Erase what the history of "${id}" says of ${person}? It cannot be brought back.`;
        await confirm(shell, question, options.yes === true);
        const deliveries = await erasePerson(operator, id, person);
        answer(
          shell,
          options,
          { connection: id, deliveries },
          `${deliveries} deliveries no longer say whom they were about.`,
        );
      }),
    );
}
