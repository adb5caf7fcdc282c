import { sql } from 'kysely';
import { Client } from 'pg';
import { newId } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';
import type { Database } from './database.ts';

const CHANNEL = 'causeway';
/** PostgreSQL takes fewer than 8,000 bytes at once. */
const PAYLOAD_BYTES = 7_900;
const PROBE_MS = 1_000;
/** Without one of its own probes for so long, a process must take it that it hears nothing. */
const DEAF_MS = 3_000;
/** A connection that brings nothing for so long is replaced: its other end may be gone. Behind a pooler none ever brings anything. */
const USELESS_MS = 10_000;
const LONGEST_USELESS_MS = 600_000;

/** What instances tell each other; a hint only: what it is about is in the store, and is found there without it too. */
export interface Notifications {
  /** Of single lines; never fails. */
  send(lines: readonly string[]): void;
  /** False: what others send may be lost (a pooler in transaction mode loses it), so the store has to be looked at. */
  heard(): boolean;
  close(): Promise<void>;
}

/** Listens on a connection of its own, and on a new one when that breaks. `hear` gets each line that any instance sent. */
export function openNotifications(db: Database, url: Secret, hear: (line: string) => void): Notifications {
  const probe = `probe ${newId()}`;
  let heardAt = Number.NEGATIVE_INFINITY;
  let client: Client | null = null;
  let openedAt = 0;
  let uselessMs = USELESS_MS;
  let closed = false;

  function receive(payload: string): void {
    for (const line of payload.split('\n')) {
      if (line === probe) {
        heardAt = performance.now();
        uselessMs = USELESS_MS;
      } else hear(line);
    }
  }

  async function listen(): Promise<void> {
    if (closed || client !== null) return;
    const own = new Client({ connectionString: url.reveal(), application_name: 'causeway', keepAlive: true });
    client = own;
    openedAt = performance.now();
    const drop = () => {
      if (client === own) client = null;
      own.end().catch(() => {});
    };
    own.on('error', drop);
    own.on('end', drop);
    own.on('notification', ({ payload = '' }) => receive(payload));
    try {
      await own.connect();
      await own.query(`listen ${CHANNEL}`);
    } catch {
      drop();
    }
  }

  async function notify(payload: string): Promise<void> {
    try {
      await sql`select pg_notify(${CHANNEL}, ${payload})`.execute(db);
    } catch {
      // The store says why at the next use; nobody relies on a notification.
    }
  }

  const probing = setInterval(() => {
    if (performance.now() - Math.max(heardAt, openedAt) > uselessMs) {
      uselessMs = Math.min(2 * uselessMs, LONGEST_USELESS_MS);
      client?.emit('end');
    }
    void listen().then(() => notify(probe));
  }, PROBE_MS);
  probing.unref();
  void listen().then(() => notify(probe));

  return {
    send(lines) {
      for (const payload of payloadsOf(lines)) void notify(payload);
    },
    heard: () => performance.now() - heardAt <= DEAF_MS,
    async close() {
      closed = true;
      clearInterval(probing);
      await client?.end().catch(() => {});
    },
  };
}

function payloadsOf(lines: readonly string[]): string[] {
  const payloads: string[] = [];
  for (const line of lines) {
    const last = payloads.at(-1);
    if (last !== undefined && last.length + line.length + 1 < PAYLOAD_BYTES) {
      payloads[payloads.length - 1] = `${last}\n${line}`;
    } else payloads.push(line);
  }
  return payloads;
}
