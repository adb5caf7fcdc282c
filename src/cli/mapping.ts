import type { Command } from 'commander';
import { readMapping, saveMapping, showMapping } from '../admin/mapping.ts';
import { requireConnection, requireVendor } from '../admin/operator.ts';
import { checkMapping } from '../sync/plan/mapping-check.ts';
import { addCommand, addGroup } from './command.ts';
import { readJsonFile } from './input.ts';
import { compareMapping } from './plan-report.ts';
import { formatReport, reportView } from './preview-text.ts';
import { confirm } from './prompt.ts';
import { answer, printLine, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';
import { formatTable } from './table.ts';

interface MappingOptions {
  yes?: true;
  json?: true;
}

const FORMAT = `
The file is JSON, an entry for each field of the vendor's (see "mapping show"). Rules are tried in order: the first
that matches gives a single value, all that match give a list. Where no rule matches, the source gives the value:

  {
    "role":      { "rules": [{ "group": "Sales admins", "value": "admin" }], "source": { "constant": "member" } },
    "firstName": { "source": { "expression": "name.givenName" } }
  }`;

/** Accounts that are shown before the question whether to save. */
const SHOWN = 20;

export function addMappingCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'mapping', 'what each person gets at the vendor, and why');
  addCommand(group, 'show <connection>', 'show the vendor’s fields and what they are mapped from', [
    'mapping show crm',
    'mapping show crm --json > mapping.json     # the file that set takes',
  ]).action((id: string, options: MappingOptions) => withStore(shell, (place) => show(place, id, options)));
  addCommand(
    group,
    'check <connection> <file>',
    'check a mapping and show whom it would change; nothing is saved',
    ['mapping check crm mapping.json'],
  )
    .addHelpText('after', FORMAT)
    .action((id: string, file: string, options: MappingOptions) =>
      withStore(shell, (place) => check(place, id, file, options)),
    );
  addCommand(group, 'set <connection> <file>', 'save a mapping; asks first if accounts would change', [
    'mapping set crm mapping.json',
    'mapping set crm - --yes < mapping.json',
  ])
    .addHelpText('after', FORMAT)
    .option('--yes', 'do not ask')
    .action((id: string, file: string, options: MappingOptions) =>
      withStore(shell, (place) => set(place, id, file, options)),
    );
}

async function show({ shell, operator }: Workplace, id: string, options: MappingOptions): Promise<void> {
  const mapping = await showMapping(operator, id);
  const { vendor } = await requireConnection(operator.db, id);
  const rows = requireVendor(vendor).fields.map(({ name, type, set, default: fallback, description }) => {
    const { rules = [], source } = mapping[name] ?? {};
    const sources = [
      ...rules.map((rule) => `group ${JSON.stringify(rule.group)}: ${JSON.stringify(rule.value)}`),
      ...(source === undefined ? [] : [JSON.stringify(source)]),
      `default: ${describeDefault(fallback)}`,
    ];
    return [name, type, set === 'key' ? 'the address' : set, sources, description];
  });
  const head = ['field', 'type', 'set', 'from', 'meaning'];
  answer(shell, options, mapping, formatTable(head, rows, 'none'));
}

function describeDefault(source: { from: string; value?: unknown; name?: string }): string {
  if (source.from === 'constant') return JSON.stringify(source.value);
  return source.from === 'setting' ? `the setting ${source.name}` : source.from;
}

async function check(
  { shell, operator }: Workplace,
  id: string,
  file: string,
  options: MappingOptions,
): Promise<void> {
  const mapping = await readMapping(operator, id, await readJsonFile(shell, file), checkMapping);
  const report = await compareMapping(operator, await requireConnection(operator.db, id), mapping);
  const text = `The mapping is right; nothing was saved.\n\n${formatReport(report)}`;
  answer(shell, options, reportView(report), text);
}

async function set(
  { shell, operator }: Workplace,
  id: string,
  file: string,
  options: MappingOptions,
): Promise<void> {
  const mapping = await readMapping(operator, id, await readJsonFile(shell, file), checkMapping);
  const report = await compareMapping(operator, await requireConnection(operator.db, id), mapping);
  if (!options.json) printLine(shell, formatReport(report, SHOWN));
  if (report.changed.length > 0 || !report.complete) {
    await confirm(shell, 'Save this mapping and deliver these changes?', options.yes === true);
  }
  await saveMapping(operator, id, mapping);
  const told = { connection: id, saved: true, plan: reportView(report) };
  answer(shell, options, told, `The mapping of "${id}" is saved.`);
}
