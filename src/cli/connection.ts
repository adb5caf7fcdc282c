import type { Command } from 'commander';
import { type ConnectionOverview, viewConnection, viewConnections } from '../admin/connection-life.ts';
import { testConnection } from '../admin/connection-test.ts';
import { requireVendor } from '../admin/operator.ts';
import { PolicyOverrides } from '../admin/policies.ts';
import { describeInput, type InputField } from '../admin/vendor-input.ts';
import type { AccountState } from '../core/account.ts';
import type { Policies } from '../core/policy.ts';
import type { AnyVendor } from '../vendor-kit/define.ts';
import { policiesInForce } from '../vendor-kit/policies.ts';
import { addCommand, addGroup } from './command.ts';
import { addConnectionLifeCommands } from './connection-life.ts';
import { addConnectionWriteCommands } from './connection-write.ts';
import { answer, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';
import { formatRecord, formatTable } from './table.ts';
import { connectionView } from './views.ts';

interface Output {
  json?: true;
}

export function addConnectionCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'connection', 'one identity-provider app joined to one vendor account');
  addConnectionWriteCommands(group, shell);
  addCommand(group, 'list', 'show every connection and how it stands', [
    'connection list',
    'connection list --json',
  ]).action((output: Output) => withStore(shell, (place) => list(place, output)));
  addCommand(group, 'show <connection>', 'show settings, policies and counts; never credentials', [
    'connection show crm',
  ]).action((id: string, output: Output) => withStore(shell, (place) => show(place, id, output)));
  addCommand(group, 'settings <vendor>', 'show what a connection to this vendor can be given', [
    'connection settings attention',
  ]).action((vendor: string, output: Output) => showSettings(shell, vendor, output));
  addCommand(group, 'test <connection>', 'prove the credentials by a harmless read at the vendor', [
    'connection test crm',
  ]).action((id: string, output: Output) => withStore(shell, (place) => test(place, id, output)));
  addConnectionLifeCommands(group, shell);
}

async function list({ shell, operator, scimUrl }: Workplace, output: Output): Promise<void> {
  const overviews = await viewConnections(operator);
  const views = overviews.map((overview) => connectionView(overview, scimUrl(overview.connection.id)));
  const rows = overviews.map((overview) => {
    const { connection, counts } = overview;
    const { id, vendor, title } = connection;
    return [
      id,
      vendor,
      title,
      standing(overview),
      counts.users,
      counts.groups,
      unsettled(overview),
      counts.tasks,
    ];
  });
  const head = ['id', 'vendor', 'title', 'state', 'users', 'groups', 'unsettled', 'tasks'];
  const empty =
    'There is no connection yet. Add one with "causeway connection add"; its --help has examples.';
  answer(shell, output, views, formatTable(head, rows, empty));
}

function standing({ connection }: ConnectionOverview): string {
  const mode = connection.dryRun ? 'dry-run' : 'live';
  return connection.paused === null ? mode : `${mode}, paused`;
}

const UNSETTLED: readonly AccountState[] = ['due', 'waiting', 'refused', 'conflict', 'held'];

function unsettled({ counts }: ConnectionOverview): number {
  return UNSETTLED.reduce((sum, state) => sum + (counts.accounts[state] ?? 0), 0);
}

async function show({ shell, operator, scimUrl }: Workplace, id: string, output: Output): Promise<void> {
  const overview = await viewConnection(operator, id);
  const view = connectionView(overview, scimUrl(id));
  const { policies, policyOverrides } = overview.connection;
  const states = Object.entries(view.accounts).map(([state, count]) => `${count} ${state}`);
  const lines: [string, string | number | null][] = [
    ['id', id],
    ['vendor', view.vendor],
    ['title', view.title],
    ['SCIM base URL', view.scimUrl],
    ['state', standing(overview)],
    ...(view.paused === null
      ? []
      : [['paused', `${view.paused.at}: ${view.paused.reason}`] as [string, string]]),
    ['users', view.users],
    ['groups', view.groups],
    ['accounts', states.join(', ')],
    ['open tasks', view.tasks],
    ['tokens', view.tokens],
    ['created', view.createdAt],
    ['modified', view.modifiedAt],
  ];
  const settings = Object.entries(view.settings).map(([name, value]) => [name, JSON.stringify(value)]);
  const inForce = Object.entries(policies).map(([name, value]) => {
    return [name, JSON.stringify(value), name in policyOverrides ? 'set here' : 'default'];
  });
  const text = [
    formatRecord(lines),
    formatTable(['setting', 'value'], settings, ''),
    formatTable(['policy', 'value', 'from'], inForce, ''),
  ].join('\n\n');
  answer(shell, output, view, text);
}

async function test({ shell, operator }: Workplace, id: string, output: Output): Promise<void> {
  await testConnection(operator, id);
  const text = `The connection "${id}" works: the vendor accepts its credentials.`;
  answer(shell, output, { connection: id, ok: true }, text);
}

function showSettings(shell: Shell, vendorId: string, output: Output): void {
  const vendor = requireVendor(vendorId);
  const settings = describeInput(vendor.settings);
  const credentials = describeInput(vendor.credentials);
  const policies = describePolicies(vendor);
  const text = [
    `${vendor.title}: ${vendor.documentation}`,
    `Settings (--set name=value, --settings-file)\n\n${describe(settings)}`,
    `Credentials (--credentials-file, --credential name=-)\n\n${describe(credentials)}`,
    `Policies (--policy name=value)\n\n${describe(policies)}`,
  ].join('\n\n');
  answer(shell, output, { vendor: vendorId, settings, credentials, policies }, text);
}

/** A policy's default may depend on settings: it is shown as without any, and not where settings are required. */
function describePolicies(vendor: AnyVendor): InputField[] {
  const settings = vendor.settings.safeParse({});
  const defaults = settings.success ? policiesInForce(vendor, settings.data, {}) : null;
  return describeInput(PolicyOverrides).map((field) => ({
    ...field,
    ...(defaults !== null && { default: defaults[field.name as keyof Policies] }),
  }));
}

function describe(fields: readonly InputField[]): string {
  const rows = fields.map(({ name, types, values, required, default: fallback, description }) => [
    name,
    values.length > 0 ? values.join(' | ') : types.join(' | ').replace('array', 'list, as a,b'),
    required ? 'required' : fallback === undefined ? 'the vendor’s' : JSON.stringify(fallback),
    description,
  ]);
  return formatTable(['name', 'value', 'default', 'meaning'], rows, 'none');
}
