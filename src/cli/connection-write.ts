import { type Command, Option } from 'commander';
import {
  addConnection,
  type ConnectionEdit,
  type EditedConnection,
  editConnection,
} from '../admin/connections.ts';
import { requireConnection, requireVendor } from '../admin/operator.ts';
import { NO_POLICY_CHANGE } from '../admin/policies.ts';
import { issueToken } from '../admin/tokens.ts';
import type { Connection } from '../core/connection.ts';
import { addCommand, collect } from './command.ts';
import { endDryRun } from './dry-run.ts';
import { type InputOptions, readCredentials, readPolicies, readSettings } from './input.ts';
import { answer, type Shell, UsageError } from './shell.ts';
import { type Workplace, withStore } from './store.ts';

interface AddOptions extends InputOptions {
  vendor: string;
  title?: string;
  dryRun?: true;
  token?: string | true;
  json?: true;
}

interface EditOptions extends InputOptions {
  title?: string;
  dryRun?: true;
  live?: true;
  yes?: true;
  json?: true;
}

/** Adds `connection add` and `connection edit`. */
export function addConnectionWriteCommands(group: Command, shell: Shell): void {
  const add = addCommand(
    group,
    'add <connection>',
    'add a connection; its id becomes part of the SCIM base URL',
    [
      'connection settings attention          # what it can be given',
      'connection add crm --vendor crankwheel --credentials-file key.json',
      'connection add crm --vendor crankwheel --credential apiKey=- < key.txt',
      'connection add sales --vendor attention --set defaultTeamUUID=… --set scim.enabled=true --credentials-file - < keys.json',
      'connection add trial --vendor attention --dry-run --policy deactivate=remove --token okta --credentials-file keys.json',
    ],
  )
    .requiredOption('--vendor <vendor>', 'the vendor that it delivers to')
    .option('--title <text>', 'its name for people (default: the vendor’s)')
    .option('--dry-run', 'store what is pushed and deliver nothing')
    .option('--token [label]', 'issue a token as well, and show it once');
  withInputs(add).action((id: string, options: AddOptions) =>
    withStore(shell, (place) => runAdd(place, id, options), { create: true }),
  );
  const edit = addCommand(group, 'edit <connection>', 'change what is given here; everything else stays', [
    'connection edit crm --credential apiKey=-',
    'connection edit sales --set scim.enabled=true --policy deactivate=suspend --policy delete=default',
    'connection edit trial --live',
  ])
    .option('--title <text>', 'its name for people')
    .option('--dry-run', 'store what is pushed from now on and deliver nothing')
    .addOption(new Option('--live', 'end the dry run: show the plan, ask, deliver').conflicts('dryRun'))
    .option('--yes', 'do not ask before the dry run ends');
  withInputs(edit).action((id: string, options: EditOptions) =>
    withStore(shell, (place) => runEdit(place, id, options)),
  );
}

function withInputs(command: Command): Command {
  return command
    .option('--set <name=value>', 'a setting; may be given again', collect)
    .option('--settings-file <file>', 'settings as a JSON object; - is standard input')
    .option('--credential <name=->', 'a credential from standard input, or asked for unseen', collect)
    .option('--credentials-file <file>', 'credentials as a JSON object; - is standard input')
    .option('--policy <name=value>', 'a policy; "default" leaves it to the vendor again', collect);
}

async function runAdd(place: Workplace, id: string, options: AddOptions): Promise<void> {
  const { shell, operator } = place;
  const vendor = requireVendor(options.vendor);
  const connection = await addConnection(operator, {
    id,
    vendor: vendor.id,
    title: options.title ?? null,
    settings: (await readSettings(shell, vendor, options)) ?? {},
    credentials: (await readCredentials(shell, vendor, { ...options, askMissing: true })) ?? {},
    policies: readPolicies(options) ?? NO_POLICY_CHANGE,
    dryRun: options.dryRun === true,
  });
  const label = options.token === true ? 'first' : options.token;
  const issued =
    label === undefined ? null : await issueToken(operator, { connectionId: id, label, expiresAt: null });
  tellAdded(place, connection, issued?.token ?? null, options);
}

function tellAdded(
  { shell, scimUrl }: Workplace,
  { id, vendor, title, dryRun }: Connection,
  token: string | null,
  options: AddOptions,
): void {
  const lines = [
    `The connection "${id}" is added${dryRun ? ' and delivers nothing (dry run)' : ''}.`,
    `SCIM base URL: ${scimUrl(id)}`,
    token === null ? `Issue a token with: causeway token issue ${id}` : `Token, shown only now: ${token}`,
    `Test it with: causeway connection test ${id}`,
  ];
  const told = { id, vendor, title, dryRun, scimUrl: scimUrl(id), ...(token !== null && { token }) };
  answer(shell, options, told, lines.join('\n'));
}

async function runEdit(place: Workplace, id: string, options: EditOptions): Promise<void> {
  const { shell, operator } = place;
  const before = await requireConnection(operator.db, id);
  const edit = await readEdit(shell, before, options);
  const changes = Object.keys(edit).length > 0;
  if (!changes && options.live !== true) {
    throw new UsageError('Nothing to change was given. Add --help for what can be.');
  }
  const edited = changes ? await editConnection(operator, id, edit) : null;
  if (edited !== null && !(options.live && options.json)) tellEdited(shell, edited, options);
  if (options.live === true) await endDryRun(place, id, options);
}

function tellEdited(shell: Shell, edited: EditedConnection, options: EditOptions): void {
  const { connection, resumed, dueAgain } = edited;
  const lines = [
    `The connection "${connection.id}" is changed.`,
    ...(resumed ? ['It was paused for its credential and delivers again.'] : []),
    ...(dueAgain ? ['Its accounts are compared with what is wanted now, and corrected.'] : []),
  ];
  answer(shell, options, { connection: connection.id, resumed, dueAgain }, lines.join('\n'));
}

async function readEdit(shell: Shell, before: Connection, options: EditOptions): Promise<ConnectionEdit> {
  const vendor = requireVendor(before.vendor);
  const { title, dryRun } = options;
  const settings = await readSettings(shell, vendor, options);
  const credentials = await readCredentials(shell, vendor, { ...options, askMissing: false });
  const policies = readPolicies(options);
  return {
    ...(title !== undefined && { title }),
    ...(settings !== undefined && { settings }),
    ...(credentials !== undefined && { credentials }),
    ...(policies !== undefined && { policies }),
    ...(dryRun !== undefined && { dryRun }),
  };
}
