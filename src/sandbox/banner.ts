import { CORE_USER } from '../core/user.ts';
import type { SandboxConnection } from './file.ts';

/** A person that every vendor's required fields can be made of; plain ASCII, so that any terminal pastes it right. */
const PERSON = {
  schemas: [CORE_USER],
  userName: 'ana.diaz@example.com',
  name: { givenName: 'Ana', familyName: 'Diaz' },
  displayName: 'Ana Diaz',
  emails: [{ value: 'ana.diaz@example.com', type: 'work', primary: true }],
  active: true,
};

/** What the first screen of a sandbox says: every line of it can be pasted into a shell. */
export function describeSandbox(connections: readonly SandboxConnection[], file: string): string {
  return [
    '',
    'Causeway runs as a sandbox: nothing that you do here reaches a real vendor.',
    'Set CAUSEWAY_SECRET_KEY and CAUSEWAY_PUBLIC_URL to make it real.',
    '',
    ...connections.flatMap(describeConnection),
    `The same for scripts: ${file}`,
    'Stop with Ctrl-C; users, tokens and what the fake vendors hold are kept.',
    '',
  ].join('\n');
}

function describeConnection(connection: SandboxConnection): string[] {
  const { id, vendor, scimUrl, token, fakeUrl, dryRun } = connection;
  return [
    dryRun ? `${id} (${vendor}, delivers nothing)` : id,
    `  SCIM base URL  ${scimUrl}`,
    `  token          ${token}`,
    '  create a user:',
    `curl -sS ${scimUrl}/Users -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/scim+json' -d '${JSON.stringify(PERSON)}'`,
    ...(fakeUrl === null
      ? ['  see that it was stored:', `curl -sS ${scimUrl}/Users -H 'Authorization: Bearer ${token}'`]
      : ['  see what arrived at the vendor:', `curl -sS ${fakeUrl}/_fake/accounts`]),
    '',
  ];
}
