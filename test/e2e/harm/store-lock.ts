import { DatabaseSync } from 'node:sqlite';
import { onTestFinished, vi } from 'vitest';
import { originOf } from '../../../src/store/database.ts';
import { SqliteConnection } from '../../../src/store/sqlite-connection.ts';
import type { Stage } from '../delivery/stage.ts';

const HELD_MS = 7_000;
const TICK_MS = 5;
const TICK_IS_MS = 100;

/**
 * Another process takes the lock of the store's file just before the n-th write from now on, and holds it for 7 s of the steady
 * clock, which runs twenty times as fast meanwhile. Returns whether it has come to that.
 */
export function lockStoreAt(stage: Stage, write: number): () => boolean {
  const other = new DatabaseSync(originOf(stage.db)?.file ?? '', { timeout: 0 });
  const { begin, execute } = SqliteConnection.prototype;
  let writes = 0;
  let isLocked = false;

  function beforeWrite(): void {
    if (writes >= write || !takesLock(other)) return;
    writes += 1;
    if (writes < write) {
      other.exec('rollback');
      return;
    }
    isLocked = true;
    hasten(() => other.exec('rollback'));
  }

  vi.spyOn(SqliteConnection.prototype, 'begin').mockImplementation(function (this: SqliteConnection, sql) {
    beforeWrite();
    return begin.call(this, sql);
  });
  vi.spyOn(SqliteConnection.prototype, 'execute').mockImplementation(function (
    this: SqliteConnection,
    sql,
    parameters,
  ) {
    if (/^(insert|update|delete)/.test(sql)) beforeWrite();
    return execute.call(this, sql, parameters) as { rows: never[]; changes: number | bigint };
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
    other.close();
  });
  return () => isLocked;
}

/** False: the server holds it itself, and what it writes now is part of what it began. */
function takesLock(other: DatabaseSync): boolean {
  try {
    other.exec('begin immediate');
    return true;
  } catch {
    return false;
  }
}

function hasten(then: () => void): void {
  const steady = performance.now.bind(performance);
  let ahead = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => steady() + ahead);
  const timer = setInterval(() => {
    ahead += TICK_IS_MS;
    if (ahead < HELD_MS) return;
    clearInterval(timer);
    then();
  }, TICK_MS);
  onTestFinished(() => clearInterval(timer));
}
