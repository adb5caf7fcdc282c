import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { inTransaction } from '../../../src/store/database.ts';
import { insertDelivery } from '../../../src/store/delivery/history.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';

const ANA = 'ana.diaz@example.com';
const POST = 'POST /ss/api/user_access';

/** The store's file can grow no more, and no room is left where deliveries are kept. */
async function fillDisk({ db }: Stage): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql`pragma max_page_count = ${sql.raw(String(rows[0]?.page_count))}`.execute(db);
  const about = { connectionId: 'another', accountId: 'ballast', fromVersion: 0, toVersion: 1, attempt: 1 };
  const ended = {
    result: 'done',
    state: 'in-sync',
    error: null,
    quiet: false,
    requestId: null,
    startedAt: 0,
    endedAt: 0,
  } as const;
  const fill = () =>
    inTransaction(db, (tx) => insertDelivery(tx, { ...about, ...ended, steps: [], calls: [] }));
  for (let room = true; room; ) {
    room = await fill().then(
      () => true,
      () => false,
    );
  }
}

async function makeRoom({ db }: Stage): Promise<void> {
  await sql`pragma max_page_count = 1000000`.execute(db);
}

describe('While the disk is full', () => {
  it('pushes are answered 503 with Retry-After, reads go on, and all goes on by itself when there is room', async () => {
    const stage = await startStage('crankwheel', { policies: { waitMs: 0 } });
    await stage.fault({ kind: 'slow', delayMs: 1_500, match: POST, times: 1 });
    const ana = await stage.addUser(person(ANA));
    await eventually(async () => (await stage.calls(POST)).length, 1);
    await fillDisk(stage);
    const bo = person('bo@example.com', { title: 'x'.repeat(20_000) });
    const refused = await stage.postUser(bo);
    expect(refused).toMatchObject({ status: 503, body: { status: '503' } });
    expect(refused.headers.get('Retry-After')).toBe('5');
    expect((await stage.send('GET', `/Users/${ana}`)).status).toBe(200);
    // How the delivery ended cannot be stored either: it is kept until it can.
    await eventually(async () => (await stage.calls(POST))[0]?.status, 201);
    expect((await stage.account(ana))?.claimedVersion).toBe(1);
    await makeRoom(stage);
    await eventually(() => stage.state(ana), 'in-sync');
    const id = await stage.addUser(bo);
    await eventually(() => stage.state(id), 'in-sync');
    expect(await stage.calls(POST)).toHaveLength(2);
  });
});
