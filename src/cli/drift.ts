import type { Command } from 'commander';
import { believeDrift, readDrift } from '../admin/jobs.ts';
import { OperatorError } from '../core/errors.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import type { Reconciliation } from '../store/reconciliation.ts';
import { addCommand } from './command.ts';
import { runJob } from './job-run.ts';
import { answer, printLine, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';
import { formatTable, isoTime } from './table.ts';

export function addDriftCommands(program: Command, shell: Shell): void {
  addCommand(program, 'drift <connection>', 'show how the vendor’s list differs from what is wanted', [
    'drift crm',
    'drift crm --now',
    'drift crm --believe',
    'drift crm --json',
  ])
    .option('--now', 'compare first; otherwise the newest comparison is shown')
    .option('--believe', 'confirm the short list of the newest comparison: who is not in it is gone')
    .action((id: string, options: { now?: true; believe?: true; json?: true }) =>
      withStore(shell, async (place) => {
        if (options.believe === true) await believeDrift(place.operator, id);
        if (options.now === true) await runJob(place, id, 'reconcile', () => {});
        await show(place, id, options);
      }),
    );
  addCommand(program, 'import <connection>', 'read the vendor’s whole list and take its people in', [
    'import crm',
  ]).action((id: string, options: { json?: true }) =>
    withStore(shell, async (place) => {
      const { progress } = await runJob(place, id, 'import', (job) => tellProgress(shell, job.progress));
      const { managed = 0, matched = 0, observed = 0, left = 0 } = progress;
      const text = `Imported "${id}": ${managed} managed already, ${matched} belong to Users, ${observed} new observed Users, ${left} left alone.`;
      answer(shell, options, { connection: id, ...progress }, text);
    }),
  );
}

function tellProgress(shell: Shell, counts: Record<string, Json>): void {
  const done = Object.values(counts).reduce<number>((sum, count) => sum + Number(count), 0);
  if (done > 0) shell.stderr.write(`${done} accounts read\n`);
}

async function show({ shell, operator }: Workplace, id: string, options: { json?: true }): Promise<void> {
  const drift = await readDrift(operator, id);
  if (drift === undefined) {
    throw new OperatorError(`The connection "${id}" has not been compared yet. Add --now to do it.`);
  }
  answer(
    shell,
    options,
    { ...drift, startedAt: isoTime(drift.startedAt), endedAt: isoTime(drift.endedAt) },
    describe(drift),
  );
  if (drift.result !== 'complete' && options.json !== true)
    printLine(shell, String(drift.report['reason'] ?? ''));
}

function describe({ endedAt, listed, result, report }: Reconciliation): string {
  const found = (Array.isArray(report['findings']) ? report['findings'] : []).filter(isJsonObject);
  const rows = found.map((finding) => [
    String(finding['kind']),
    text(finding['user']),
    text(finding['address']),
    steps(finding['steps']),
    finding['repaired'] === true ? 'delivered again' : (text(finding['note']) ?? ''),
  ]);
  const head = `Compared ${isoTime(endedAt)}: ${result}, ${listed} accounts listed, ${found.length} differences.`;
  const table = formatTable(['difference', 'user', 'address', 'would be', 'done'], rows, '');
  return table === '' ? head : `${head}\n${table}`;
}

function text(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function steps(value: Json | undefined): string {
  if (!Array.isArray(value)) return '';
  return value.map((step) => (isJsonObject(step) ? String(step['step']) : '')).join(', ');
}
