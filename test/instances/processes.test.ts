import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RequestHandler, Response } from 'express';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { closeDatabase, type Database, openDatabase } from '../../src/store/database.ts';
import { openKeyring } from '../../src/store/encryption.ts';
import { loadFake } from '../../src/vendors/fakes.ts';
import { type CausewayProcess, startProcess } from '../crash/causeway-process.ts';
import { CERTIFICATE, startDurableFakes } from '../crash/fakes.ts';
import { checkLoads, comeToRest, createLoads, type Load, pushOnAndOn, type Send } from '../crash/load.ts';
import { subjects } from '../properties/delivery/subjects.ts';
import { inMode } from '../properties/mode.ts';
import { startPostgresServer } from '../store-contract/postgres-server.ts';

const ROUNDS = Number(process.env['CAUSEWAY_TEST_ROUNDS'] ?? inMode(1, 5));
const TIME_LIMIT_MS = 120_000 + ROUNDS * 60_000;
/** What a vendor takes to answer: long enough for calls to meet each other. */
const ANSWER_MS = 20;
/** A busy identity provider's pace, a person. */
const PUSH_EVERY_MS = 1000;
const TAKE_OVER_MS = 10_000;
const CALLS_AGAIN_MS = 30_000;
const PATIENCE = { timeout: 60_000, interval: 50 };

/** What each vendor saw: when calls began (epoch ms), and how many were under way at once. */
class Watch {
  readonly begun = new Map<string, number[]>();
  readonly most = new Map<string, number>();
  /** A connection's next request says that its last answer has come, sooner than the answer's own end is told here. */
  readonly #underWay = new Map<string, Map<Socket, Response>>();

  readonly handler: RequestHandler = (request, response, next) => {
    const vendor = request.path.split('/')[1] ?? '';
    const underWay = this.#underWay.get(vendor) ?? new Map<Socket, Response>();
    this.#underWay.set(vendor, underWay.set(request.socket, response));
    this.most.set(vendor, Math.max(this.most.get(vendor) ?? 0, underWay.size));
    this.begun.set(vendor, [...(this.begun.get(vendor) ?? []), Date.now()]);
    response.on('close', () => {
      if (underWay.get(request.socket) === response) underWay.delete(request.socket);
    });
    setTimeout(next, ANSWER_MS);
  };
}

/** The instances behind a load balancer that sends nothing to those that are stopped or dead. */
class Fleet {
  readonly #env: Record<string, string>;
  readonly #up = new Set<CausewayProcess>();
  readonly all = new Set<CausewayProcess>();

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  async start(): Promise<CausewayProcess> {
    const started = await startProcess(this.#env);
    this.all.add(started);
    this.#up.add(started);
    return started;
  }

  stop(instance: CausewayProcess): void {
    this.#up.delete(instance);
    instance.signal('SIGSTOP');
  }

  resume(instance: CausewayProcess): void {
    instance.signal('SIGCONT');
    this.#up.add(instance);
  }

  async kill(instance: CausewayProcess): Promise<void> {
    this.#up.delete(instance);
    await instance.kill();
  }

  readonly send: Send = async (id, token, [method, path, body]) => {
    const up = [...this.#up];
    const instance = up[Math.floor(Math.random() * up.length)];
    try {
      const response = await fetch(`${instance?.url}/scim/${id}/v2${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      // The database is being restarted: the identity provider tries again, and cannot know what became of it.
      if (response.status === 503) return { status: 0, body: {} };
      return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
    } catch (error) {
      if (instance !== undefined && this.#up.has(instance)) throw error;
      return { status: 0, body: {} };
    }
  };
}

/** The connections that a process delivers. */
async function heldBy(db: Database, { pid }: CausewayProcess): Promise<string[]> {
  const rows = await db
    .selectFrom('leases')
    .innerJoin('instances', 'instances.id', 'leases.holder')
    .select('leases.connection_id')
    .where('instances.host', 'like', `%:${pid}`)
    .execute();
  return rows.map((row) => row.connection_id);
}

/** How long it takes until others have what it held, ms. */
async function takenOver(db: Database, instance: CausewayProcess): Promise<number> {
  const since = Date.now();
  await vi.waitFor(async () => expect(await heldBy(db, instance)).toEqual([]), PATIENCE);
  return Date.now() - since;
}

describe('Three instances on one database, under a load of pushes to all of them', () => {
  it('lose nothing and repeat nothing while they are stopped, killed and resumed and the database is restarted', {
    timeout: TIME_LIMIT_MS,
  }, async () => {
    const server = await startPostgresServer();
    onTestFinished(() => server.stop());
    const url = new Secret(server.url);
    const secretKey = randomBytes(32);
    const watch = new Watch();
    const fakes = await startDurableFakes(
      subjects.map(({ vendor, quirks, doubles }) => ({ id: vendor.id, quirks: quirks.find(doubles) ?? {} })),
      { tls: true, watch: watch.handler },
    );
    onTestFinished(() => fakes.close());
    const db = await openDatabase({ url, mode: 'real' });
    onTestFinished(() => closeDatabase(db));
    const fleet = new Fleet({
      CAUSEWAY_DATABASE_URL: server.url,
      CAUSEWAY_SECRET_KEY: secretKey.toString('base64'),
      CAUSEWAY_PUBLIC_URL: 'https://scim.example.com',
      NODE_EXTRA_CA_CERTS: CERTIFICATE,
    });
    onTestFinished(async () => {
      for (const instance of fleet.all) await instance.kill();
    });
    const loads: Load[] = await createLoads({ db, keyring: openKeyring(secretKey) }, fakes, fleet.send);
    await fleet.start();
    let [first, second] = [await fleet.start(), await fleet.start()];
    await vi.waitFor(async () => expect((await heldBy(db, second)).length).toBeGreaterThan(0), PATIENCE);

    let ending = false;
    const pushing = pushOnAndOn(loads, PUSH_EVERY_MS, () => ending);
    // A failure of another step is told first.
    pushing.catch(() => {});
    const asLongAs = (count: number) => {
      const begun = () => [...watch.begun.values()].reduce((sum, calls) => sum + calls.length, 0);
      const before = begun();
      return vi.waitFor(() => expect(begun() - before).toBeGreaterThan(count), PATIENCE);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await asLongAs(100);
      fleet.stop(first);
      expect(await takenOver(db, first)).toBeLessThan(TAKE_OVER_MS);
      const vendors = await heldBy(db, second);
      await fleet.kill(second);
      const killedAt = Date.now();
      expect(await takenOver(db, second)).toBeLessThan(TAKE_OVER_MS);
      fleet.resume(first);
      await server.restart();
      second = await fleet.start();
      for (const vendor of vendors.map((id) => id.replace('load-', ''))) {
        const again = await vi.waitFor(() => {
          const at = watch.begun.get(vendor)?.find((begunAt) => begunAt > killedAt + ANSWER_MS);
          return at ?? expect.fail(`${vendor} is not called again`);
        }, PATIENCE);
        expect(again - killedAt, vendor).toBeLessThan(CALLS_AGAIN_MS);
      }
      [first, second] = [second, first];
    }
    ending = true;
    await pushing;
    await comeToRest(db, fakes);

    expect(await checkLoads(loads, fakes)).toEqual([]);
    for (const { vendor, settings } of subjects) {
      const { sandbox } = await loadFake(vendor.id);
      const { concurrency } = vendor.limits(
        vendor.settings.parse({ ...sandbox.settings(fakes.origin), ...settings }),
      );
      expect(watch.most.get(vendor.id), vendor.title).toBeLessThanOrEqual(concurrency);
    }
  });
});
