import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { runJob } from '../operations/operate.ts';
import { settled } from '../vendors/vendor-acts.ts';
import { aWhile, DAY, HOUR, hire } from './by-hand.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo.li@example.com';
const WOODPECKER = 'urn:ietf:params:scim:schemas:extension:woodpecker:2.0:User';
const ANYTHING = ['', 'null', '[]', '{}', '"ok"', '<html></html>', '{"error":null}'];

interface Shapes {
  vendor: string;
  /** The call that makes an account, and the reads that can tell of it, as faults match them. */
  create: JsonObject;
  read: JsonObject;
  bodies: string[];
}

const OPS = '"request_proc":"ok","ops"';
const SHAPES: Shapes[] = [
  {
    vendor: 'crankwheel',
    create: { match: 'POST' },
    read: { match: 'GET' },
    bodies: ['{"email":null}', '{"email":5}', `{"email":"${BO}","privilege":"user"}`, '{"user_access":{}}'],
  },
  {
    vendor: 'agendize',
    create: { match: 'POST' },
    read: { match: 'GET' },
    bodies: ['{"items":null}', '{"id":1,"email":null}', '{"id":{},"email":5}'],
  },
  {
    vendor: 'attention',
    create: { match: 'POST /v2/organizations/users' },
    read: { match: 'GET' },
    bodies: ['{"data":null}', '{"data":{}}', '{"data":[5]}', '{"data":[{"email":"ana.diaz@example.com"}]}'],
  },
  {
    vendor: 'corezoid',
    create: { sent: '"obj":"invite"' },
    read: { sent: '"type":"list"' },
    bodies: [`{${OPS}:[]}`, `{${OPS}:null}`, `{${OPS}:[{"id":"1","proc":"ok","list":null}]}`],
  },
];

/** How often an account was asked for. */
async function creates(stage: Stage): Promise<number> {
  const calls = await stage.calls('POST');
  return calls.filter(({ path, body }) => !path.includes('/json/') || body.includes('"obj":"invite"')).length;
}

describe('A reply of another shape than the vendor documents', () => {
  it.each(SHAPES.map((shapes): [string, Shapes] => [shapes.vendor, shapes]))(
    'leaves an open intent open at %s: no second create, nobody else’s, and it ends when the reply is right again',
    async (vendor, { create, read, bodies }) => {
      const stage = await startStage(vendor, {
        policies: { waitMs: 0, adoption: 'refuse' },
        callTimeoutMs: 300,
      });
      await stage.fault({ kind: 'reset-after', times: 1, ...create });
      const id = await stage.addUser(person(ANA));
      await eventually(() => creates(stage), 1);
      for (const body of [...ANYTHING, ...bodies]) {
        await stage.endFaults();
        await stage.fault({ kind: 'status', status: 200, body, ...read });
        const before = (await stage.calls()).length;
        await eventually(async () => {
          stage.passTime(HOUR);
          return (await stage.calls()).length > before;
        }, true);
        expect(await creates(stage), body).toBe(1);
        expect(await stage.state(id), body).toMatch(/due|waiting/);
      }
      await aWhile(stage);
      expect(await stage.state(id)).toMatch(/due|waiting/);
      await stage.endFaults();
      await eventually(async () => {
        stage.passTime(HOUR);
        return stage.state(id);
      }, 'in-sync');
      expect(await creates(stage)).toBe(1);
      expect(await stage.addresses()).toEqual([ANA]);
      await stage.send('DELETE', `/Users/${id}`);
      await eventually(
        async () => (await stage.vendorAccounts()).filter(({ state }) => state === 'active'),
        [],
      );
    },
  );
});

describe('An intent that a newer version wrote', () => {
  it('stops the connection with an alert, not the server', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 300 } });
    const id = await hire(stage, ANA);
    await sql`update accounts set intent = '{"version":99}' where resource_id = ${id}`.execute(stage.db);
    expect((await stage.setActive(id, false)).status).toBe(200);
    await eventually(async () => (await stage.alerts()).length, 1);
    await eventually(() => stage.pauseReason(), expect.any(String));
    await stage.addUser(person(BO));
    expect((await stage.send('GET', '/Users')).body['totalResults']).toBe(2);
    expect(await stage.writes()).toEqual([]);
    await stage.stop(5_000);
    await stage.startAgain();
    expect((await stage.send('GET', `/Users/${id}`)).status).toBe(200);
    await aWhile(stage);
    expect(await stage.writes()).toEqual([]);
    expect(await stage.addresses()).toEqual([ANA]);
  });
});

describe('A person who never accepts', () => {
  it('makes fewer than 20 rows of history in 90 days', async () => {
    const stage = await startStage('woodpecker', { policies: { waitMs: 0 } });
    const id = await stage.addUser(person(ANA));
    await settled(stage);
    const value = ['mailboxes'];
    await stage.patchUser(id, { op: 'add', path: `${WOODPECKER}:guestPermissions`, value });
    await settled(stage);
    // Every hour for a while, then every fourth day: what would grow with each look, grows here too.
    for (const stepMs of [...Array<number>(14).fill(HOUR), ...Array<number>(22).fill(4 * DAY)]) {
      stage.passTime(stepMs);
      await settled(stage);
      await runJob(stage, 'reconcile');
      await settled(stage);
    }
    expect((await stage.deliveries(id)).length).toBeLessThan(20);
    expect(await stage.state(id)).toBe('waiting');
  });
});
