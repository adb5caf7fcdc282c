import express from 'express';
import { CORE_GROUP } from '../../src/core/user.ts';
import { GROUP_SIZES, groupAnswer, groupId, memberAnswer, personAnswer, userId } from '../people.ts';

/** The baseline: Express alone, with the JSON that Causeway answers, from memory; nothing is checked, kept or looked up. */

const PORT = Number(process.env['PORT']);
const USERS = Number(process.env['USERS']);
const BASE = `http://127.0.0.1:${PORT}/scim`;
/** As many people as fit anywhere: a Map's cost does not grow with them. */
const HELD = Math.min(USERS, 20_000);

const people = Array.from({ length: HELD }, (_, n) => personAnswer(n, BASE));
const byId = new Map(people.map((person, n) => [userId(n), person]));
const groups = new Map(
  GROUP_SIZES.filter((size) => size <= USERS).map((size) => [
    groupId(size),
    { bare: groupAnswer(size, BASE), members: Array.from({ length: size }, (_, n) => memberAnswer(n, BASE)) },
  ]),
);
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

function personOf(id: string) {
  return byId.get(id) ?? people[Number.parseInt(id.slice(-12), 16) % HELD];
}

function listOf(resources: unknown[], startIndex: number) {
  return {
    schemas: [LIST],
    totalResults: USERS,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

const app = express().disable('etag').disable('x-powered-by');
const users = express.Router();
users.get('/', (request, response) => {
  const { filter, startIndex } = request.query;
  response.type('application/scim+json');
  if (typeof filter === 'string') {
    const [, n] = /^userName eq "person\.(\d+)@/.exec(filter) ?? [];
    return void response.json(listOf(n === undefined ? [] : [people[Number(n) % HELD]], 1));
  }
  const first = Number(startIndex) - 1;
  const start = first % Math.max(1, HELD - 100);
  response.json(listOf(people.slice(start, start + 100), first + 1));
});
users.get('/:id', (request, response) => {
  response.type('application/scim+json').json(personOf(request.params.id));
});
users.post('/', (_request, response) => {
  response.status(201).type('application/scim+json').json(people[0]);
});
users.put('/:id', (request, response) => {
  response.type('application/scim+json').json(personOf(request.params.id));
});
users.patch('/:id', (request, response) => {
  response.type('application/scim+json').json(personOf(request.params.id));
});
const groupRoutes = express.Router();
groupRoutes.get('/:id', (request, response) => {
  const group = groups.get(request.params.id);
  const isBare = request.query['excludedAttributes'] === 'members';
  response
    .type('application/scim+json')
    .json(isBare ? group?.bare : { ...group?.bare, members: group?.members });
});
groupRoutes.patch('/:id', (request, response) => {
  const group = groups.get(request.params.id);
  if ((group?.members.length ?? 0) > 100) return void response.status(204).end();
  response.type('application/scim+json').json({ ...group?.bare, members: group?.members });
});
app.use(express.json({ type: () => true, limit: '8mb' }));
app.get('/readyz', (_request, response) => void response.json({ status: 'ok' }));
app.use('/scim/Users', users);
app.use('/scim/Groups', groupRoutes);
app.post('/scim/Bulk', (request, response) => {
  const operations: unknown[] = request.body.Operations;
  const result = { location: `${BASE}/Users/${userId(0)}`, method: 'POST', version: 'W/"1"', status: '201' };
  response
    .type('application/scim+json')
    .json({ schemas: [CORE_GROUP], Operations: operations.map(() => result) });
});
app.listen(PORT, '127.0.0.1');
