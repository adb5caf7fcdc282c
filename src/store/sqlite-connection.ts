import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers';
import type { CompiledQuery, QueryResult } from 'kysely';
import { StoreUnavailable } from '../core/errors.ts';
import { isBusy, storeError } from './errors.ts';
import { TransactionScope } from './transaction-scope.ts';

const MAX_STATEMENTS = 500;
const MAX_LOCK_WAIT_MS = 5000;
const MAX_LOCK_PAUSE_MS = 50;
/** Transactions in one commit, at most. */
const MAX_GROUP = 200;
const LOST = 'The store cannot be written now: the disk failed while others wrote.';

interface Statement {
  statement: StatementSync;
  /** Answers rows: a select, or a write with `returning`. */
  reads: boolean;
}

/** Transactions that share a commit: a disk's answer costs more than all else that a push does. */
interface Group {
  promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
  /** Those that have ended and wait. */
  ended: number;
  /** One of them is under way; `nested` in a savepoint, since others have ended before it. */
  running: 'first' | 'nested' | null;
  /** To be committed as soon as none is under way. */
  isDue: boolean;
  /** SQLite has undone all of it. Whoever is under way may run nothing more: it would be stored at once, by itself. */
  isLost: boolean;
}

/** The one connection of an embedded store: one user at a time, in the order of asking. */
export class SqliteConnection {
  readonly #handle: DatabaseSync;
  /** By SQL text, the oldest first: one that is dropped and needed again is compiled again. */
  readonly #statements = new Map<string, Statement>();
  readonly #scope = new TransactionScope();
  readonly #waiting: (() => void)[] = [];
  #taken = false;
  #group: Group | null = null;

  constructor(handle: DatabaseSync) {
    this.#handle = handle;
  }

  /** Waits for its turn; `release` must follow. */
  async acquire(): Promise<void> {
    this.#scope.refuseInside();
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken = true;
  }

  /** Hands the connection straight to the next in line, so that nobody can overtake. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }

  /** Runs the body of a transaction so that a query past the transaction fails instead of waiting forever. */
  inTransaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.run(work);
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes } = await this.#patiently(() => this.execute<Row>(sql, parameters));
    return { rows, numAffectedRows: BigInt(changes) };
  }

  /** Runs a statement for whoever has the connection. */
  execute<Row>(sql: string, parameters: readonly unknown[]): { rows: Row[]; changes: number | bigint } {
    if (this.#group?.isLost) throw new StoreUnavailable(LOST);
    const { statement, reads } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (!reads) return { rows: [], changes: statement.run(...values).changes };
    const rows = statement.all(...values) as Row[];
    return { rows, changes: rows.length };
  }

  /** A query on its own, or of the transaction that has the connection; what it reads of others is durable when it is told. */
  async query<Row>(sql: string, parameters: readonly unknown[], isTransaction: boolean): Promise<Row[]> {
    if (isTransaction) return this.#guard(() => this.execute<Row>(sql, parameters)).rows;
    await this.acquire();
    let rows: Row[];
    let committed: Promise<void> | undefined;
    try {
      rows = (await this.#patiently(() => this.execute<Row>(sql, parameters))).rows;
      committed = this.committed();
    } finally {
      this.release();
    }
    if (committed !== undefined) await committed;
    return rows;
  }

  async begin(sql: 'begin' | 'begin immediate'): Promise<void> {
    this.#noticeLoss();
    const group = this.#group;
    if (group === null) {
      await this.#patiently(() => this.#run(sql));
      const state = { ended: 0, running: 'first', isDue: false, isLost: false } as const;
      this.#group = { ...Promise.withResolvers<void>(), ...state };
    } else {
      this.#guard(() => this.#run('savepoint one'));
      group.running = 'nested';
    }
  }

  /** Resolves when the transaction is durable; those that end in one turn of the event loop share a commit. */
  endTransaction(): Promise<void> {
    const group = this.#group;
    if (group === null) throw new Error('A transaction ended that had not begun.');
    this.#noticeLoss();
    if (group.isLost) throw new StoreUnavailable(LOST);
    if (group.running === 'nested') this.#guard(() => this.#run('release one'));
    group.running = null;
    group.ended += 1;
    if (group.ended === 1) setImmediate(() => this.#commitSoon(group));
    if (group.isDue || group.ended >= MAX_GROUP) this.commit();
    return group.promise;
  }

  /** Resolves when all that can be read now is durable; undefined: it is. */
  committed(): Promise<void> | undefined {
    return this.#group?.promise;
  }

  commit(): void {
    this.#noticeLoss();
    const group = this.#group;
    if (group === null) return;
    this.#group = null;
    try {
      this.#guard(() => this.#run('commit'));
      group.resolve();
    } catch (error) {
      group.reject(error);
      this.#undoAll();
    }
  }

  /** Undoes the transaction under way, and only that. */
  rollback(): void {
    this.#noticeLoss();
    const group = this.#group;
    if (group === null) return;
    const { running } = group;
    group.running = null;
    if (running === 'first' || group.isLost) {
      this.#group = null;
      this.#undoAll();
      return;
    }
    try {
      this.#guard(() => this.#run('rollback to one'));
      this.#guard(() => this.#run('release one'));
    } catch (error) {
      this.#undoAll();
      this.#noticeLoss();
      throw error;
    }
    if (group.isDue) this.commit();
  }

  #undoAll(): void {
    if (this.#handle.isOpen && this.#handle.isTransaction) this.#guard(() => this.#run('rollback'));
  }

  /**
   * When the disk is full or fails, SQLite may undo the failed statement alone or everything since `begin`
   * (sqlite.org/lang_transaction.html, "Response To Errors"); only the handle knows which. Those that have ended are told.
   */
  #noticeLoss(): void {
    const group = this.#group;
    if (group === null || (this.#handle.isOpen && this.#handle.isTransaction)) return;
    group.isLost = true;
    if (group.running === null) this.#group = null;
    if (group.ended > 0) group.reject(new StoreUnavailable(LOST));
  }

  #commitSoon(group: Group): void {
    if (this.#group !== group) return;
    if (group.running === null) this.commit();
    else group.isDue = true;
  }

  #run(sql: string): void {
    this.#prepare(sql).statement.run();
  }

  /** Changes when another connection has committed to the file (sqlite.org/pragma.html#pragma_data_version). */
  dataVersion(): number {
    return this.#guard(() => Number(this.#prepare('pragma data_version').statement.get()?.['data_version']));
  }

  close(): void {
    if (this.#handle.isOpen) this.commit();
    this.#statements.clear();
    if (this.#handle.isOpen) this.#handle.close();
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#compile(sql);
    this.#statements.set(sql, prepared);
    if (this.#statements.size > MAX_STATEMENTS) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    return prepared;
  }

  #compile(sql: string): Statement {
    const statement = this.#handle.prepare(sql);
    return { statement, reads: statement.columns().length > 0 };
  }

  /** Waits for another process's lock without stopping this one, which may be about to release it elsewhere. */
  async #patiently<T>(work: () => T): Promise<T> {
    let until: number | undefined;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, MAX_LOCK_PAUSE_MS)) {
      try {
        return work();
      } catch (error) {
        this.#noticeLoss();
        until ??= performance.now() + MAX_LOCK_WAIT_MS;
        if (!isBusy(error) || this.#handle.isTransaction || performance.now() > until)
          throw storeError(error);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#noticeLoss();
      throw storeError(error);
    }
  }
}
