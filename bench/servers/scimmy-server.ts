import { randomUUID } from 'node:crypto';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';
import { GROUP_SIZES, groupId, groupTitle, personDocument, userId } from '../people.ts';

/** The peer: scimmy-routers over Maps in memory, every look-up by an index. */

const PORT = Number(process.env['PORT']);
const USERS = Number(process.env['USERS']);

type Stored = Record<string, unknown> & { id: string; userName: string; displayName: string };

const users = new Map<string, Stored>();
const byName = new Map<string, Stored>();
const groups = new Map<string, Stored>();
for (let n = 0; n < USERS + 1000; n += 1) {
  const person: Stored = { id: userId(n), ...personDocument(n) } as Stored;
  if (n < USERS) byName.set(person.userName, person);
  users.set(person.id, person);
}
for (const size of GROUP_SIZES.filter((members) => members <= USERS && members <= 10_000)) {
  const members = Array.from({ length: size }, (_, n) => ({ value: userId(n), type: 'User' }));
  groups.set(groupId(size), {
    id: groupId(size),
    displayName: groupTitle(size),
    members,
  } as unknown as Stored);
}
const everybody = [...users.values()];

function found(map: Map<string, Stored>, id: string): Stored {
  const stored = map.get(id);
  if (stored === undefined) throw new SCIMMY.Types.Error(404, '', `There is no ${id}`);
  return stored;
}

/** SCIMMY's instances are read once more when they are answered: plain copies are what such a handler keeps. */
function keep(map: Map<string, Stored>, id: string | undefined, instance: unknown): Stored {
  const plain = JSON.parse(JSON.stringify(instance)) as Stored;
  const stored: Stored = { ...plain, id: id ?? randomUUID() };
  map.set(stored.id, stored);
  return stored;
}

SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .extend(SCIMMY.Schemas.EnterpriseUser, false)
  .egress((resource) => {
    if (resource.id) return found(users, resource.id);
    const [, name] = /^userName eq "(.*)"$/.exec(resource.filter?.expression ?? '') ?? [];
    if (name !== undefined) return byName.has(name) ? [found(byName, name)] : [];
    const { startIndex = 1, count = 100 } = resource.constraints ?? {};
    resource.constraints = { ...resource.constraints, count, totalResults: USERS } as NonNullable<
      typeof resource.constraints
    >;
    return everybody.slice(startIndex - 1, startIndex - 1 + count);
  })
  .ingress((resource, instance) => keep(users, resource.id, instance))
  .degress((resource) => void users.delete(resource.id ?? ''));
SCIMMY.Resources.declare(SCIMMY.Resources.Group)
  .egress((resource) => (resource.id ? found(groups, resource.id) : [...groups.values()]))
  .ingress((resource, instance) => keep(groups, resource.id, instance))
  .degress((resource) => void groups.delete(resource.id ?? ''));

const app = express().disable('etag').disable('x-powered-by');
// Under Express 5 SCIMMY's router loses startIndex and count, unless the query parser makes them numbers itself.
app.set('query parser', (text: string) => {
  const query: Record<string, unknown> = Object.fromEntries(new URLSearchParams(text));
  for (const name of ['startIndex', 'count']) if (name in query) query[name] = Number(query[name]);
  return query;
});
app.get('/readyz', (_request, response) => void response.json({ status: 'ok' }));
app.use('/scim', new SCIMMYRouters({ type: 'bearer', handler: () => 'bench' }));
app.listen(PORT, '127.0.0.1');
