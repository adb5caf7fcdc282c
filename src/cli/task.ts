import { type Command, Option } from 'commander';
import { finishTask, listTasks } from '../admin/tasks.ts';
import type { Task } from '../core/task.ts';
import { addCommand, addGroup } from './command.ts';
import { answer, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';
import { formatTable, isoTime } from './table.ts';
import { taskView } from './views.ts';

interface ListOptions {
  state: Task['state'] | 'all';
  json?: true;
}

export function addTaskCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'task', 'what only a human can do at the vendor');
  const states = new Option('--state <state>', 'in this state').choices(['open', 'done', 'obsolete', 'all']);
  addCommand(group, 'list [connection]', 'show tasks, oldest first', [
    'task list',
    'task list crm --state all',
  ])
    .addOption(states.default('open'))
    .action((id: string | undefined, options: ListOptions) =>
      withStore(shell, (place) => list(place, id ?? null, options)),
    );
  addCommand(group, 'done <task>', 'say that you have done it at the vendor', [
    'task done 0198c5a2-7d0e-7b6e-a8f5-0c2b1d3e4f50',
  ]).action((id: string, options: { json?: true }) =>
    withStore(shell, async ({ operator }) => {
      await finishTask(operator, id);
      answer(shell, options, { id, state: 'done' }, `The task "${id}" is done.`);
    }),
  );
}

async function list({ shell, operator }: Workplace, id: string | null, options: ListOptions): Promise<void> {
  const tasks = await listTasks(operator, id, options.state === 'all' ? null : options.state);
  const rows = tasks.map(({ id: taskId, connectionId, state, openedAt, title }) => {
    return [taskId, connectionId, state, isoTime(openedAt), title];
  });
  const head = ['id', 'connection', 'state', 'opened', 'what to do'];
  answer(shell, options, tasks.map(taskView), formatTable(head, rows, 'There is no such task.'));
}
