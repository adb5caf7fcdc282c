import { type Command, InvalidArgumentError } from 'commander';
import { issueToken, listTokens, revokeToken } from '../admin/tokens.ts';
import type { Token } from '../store/tokens.ts';
import { addCommand, addGroup } from './command.ts';
import { answer, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';
import { formatTable, isoTime } from './table.ts';
import { tokenView } from './views.ts';

interface IssueOptions {
  label?: string;
  expires?: number;
  json?: true;
}

const DAY_MS = 86_400_000;

export function addTokenCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'token', 'the identity providers’ bearer tokens');
  addCommand(group, 'issue <connection>', 'issue a token and show it, this once', [
    'token issue crm --label okta',
    'token issue crm --label entra --expires 180d',
    'token issue crm --expires 2027-06-30',
  ])
    .option('--label <text>', 'what it is for', '')
    .option('--expires <when>', 'days from now (90d) or an ISO 8601 time (default: never)', readExpiry)
    .action((id: string, options: IssueOptions) => withStore(shell, (place) => issue(place, id, options)));
  addCommand(group, 'list [connection]', 'show tokens by their first characters, never whole', [
    'token list',
    'token list crm --json',
  ]).action((id: string | undefined, options: { json?: true }) =>
    withStore(shell, (place) => list(place, id ?? null, options)),
  );
  addCommand(group, 'revoke <token>', 'refuse a token from now on, by the id that list shows', [
    'token revoke 0198c5a2-7d0e-7b6e-a8f5-0c2b1d3e4f50',
  ]).action((id: string, options: { json?: true }) =>
    withStore(shell, async ({ operator }) => {
      const { connectionId } = await revokeToken(operator, id);
      const text = `The token "${id}" of "${connectionId}" is revoked: it is refused from now on.`;
      answer(shell, options, { id, connection: connectionId, revoked: true }, text);
    }),
  );
}

async function issue(
  { shell, operator, scimUrl }: Workplace,
  id: string,
  options: IssueOptions,
): Promise<void> {
  const { label = '', expires: expiresAt = null } = options;
  const issued = await issueToken(operator, { connectionId: id, label, expiresAt });
  const { token } = issued;
  const told = { id: issued.id, connection: id, token, scimUrl: scimUrl(id), expiresAt: isoTime(expiresAt) };
  answer(
    shell,
    options,
    told,
    `SCIM base URL: ${scimUrl(id)}
Token, shown only now: ${token}`,
  );
}

async function list(
  { shell, operator }: Workplace,
  id: string | null,
  options: { json?: true },
): Promise<void> {
  const tokens = await listTokens(operator, id);
  const now = operator.clock.now();
  const rows = tokens.map((token) => [
    token.id,
    token.connectionId,
    token.label,
    `${token.hint}…`,
    standing(token, now),
    isoTime(token.createdAt),
    isoTime(token.expiresAt),
    isoTime(token.lastUsedAt),
  ]);
  const head = ['id', 'connection', 'label', 'begins', 'state', 'created', 'expires', 'last used'];
  const empty = 'There is no token yet. Issue one with "causeway token issue".';
  answer(shell, options, tokens.map(tokenView), formatTable(head, rows, empty));
}

function standing({ revokedAt, expiresAt }: Token, now: number): string {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'valid';
}

function readExpiry(text: string): number {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const time = days === undefined ? Date.parse(text) : Date.now() + Number(days) * DAY_MS;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('Give days such as 90d, or a time such as 2027-06-30.');
  return time;
}
