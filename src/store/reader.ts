import { Worker } from 'node:worker_threads';
import { ReadTooLong, StoreUnavailable } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import type { Page, ResourceQuery } from '../core/query.ts';
import { beforeClosing, type Database, type Origin, originOf } from './database.ts';
import type { ListTableName } from './list-tables.ts';

/** One read, from asking to answer. */
const TIME_LIMIT_MS = 10_000;

/** Pages are small and many: a young generation of the default size would only hold their remains. */
const YOUNG_MB = 4;

export interface ListRequest {
  table: ListTableName;
  connectionId: ConnectionId;
  query: ResourceQuery;
}

/** What the thread is started with, beside the store's origin: not 0 in `halt` ends the read under way. */
export interface ReaderStart {
  halt: SharedArrayBuffer;
}

/** `unavailable`: the store could not be read; the same may work later. */
export type ReaderAnswer = { page: Page<unknown> } | { failure: string; unavailable: boolean };

interface Task {
  request: ListRequest;
  resolve(page: Page<unknown>): void;
  reject(error: Error): void;
}

/** Reads that may take long, one by one, on a thread with a read-only connection of its own; started by the first read. */
export class Reader {
  readonly #origin: Origin;
  readonly #timeLimitMs: number;
  readonly #halt = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #halted = new Int32Array(this.#halt);
  #waiting: Task[] = [];
  #running: Task | undefined;
  #thread: Worker | undefined;
  #closed = false;

  constructor(origin: Origin, timeLimitMs = TIME_LIMIT_MS) {
    this.#origin = origin;
    this.#timeLimitMs = timeLimitMs;
  }

  /** Throws ReadTooLong after 10 s, the wait for other reads included. */
  async list<Row>(request: ListRequest): Promise<Page<Row>> {
    if (this.#closed) throw closed();
    let timer: NodeJS.Timeout | undefined;
    try {
      const page = await new Promise<Page<unknown>>((resolve, reject) => {
        const task: Task = { request, resolve, reject };
        timer = setTimeout(() => this.#abandon(task), this.#timeLimitMs);
        this.#waiting.push(task);
        this.#next();
      });
      return page as Page<Row>;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const task of [...this.#waiting, this.#running]) task?.reject(closed());
    this.#waiting = [];
    Atomics.store(this.#halted, 0, 1);
    await this.#thread?.terminate();
  }

  /** Another connection than the last one's comes first: one that searches much does not keep the others waiting. */
  #next(last?: Task): void {
    if (this.#running !== undefined) return;
    const other = this.#waiting.find(({ request }) => request.connectionId !== last?.request.connectionId);
    const task = other ?? this.#waiting[0];
    if (task === undefined) return;
    this.#waiting = this.#waiting.filter((each) => each !== task);
    this.#running = task;
    Atomics.store(this.#halted, 0, 0);
    this.#thread ??= this.#start();
    this.#thread.postMessage(task.request);
  }

  #start(): Worker {
    const start: ReaderStart & Origin = { ...this.#origin, halt: this.#halt };
    const thread = new Worker(new URL('./reader-thread.ts', import.meta.url), {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    thread.unref();
    thread.on('message', (answer: ReaderAnswer) => this.#settle(answer));
    // A thread that has died is replaced when the next read comes.
    const die = (cause?: unknown) => {
      if (this.#thread === thread) this.#thread = undefined;
      else return;
      this.#done()?.reject(
        new StoreUnavailable('The store cannot be read now: its reader has ended.', { cause }),
      );
    };
    thread.on('error', die);
    thread.on('exit', () => die());
    return thread;
  }

  #settle(answer: ReaderAnswer): void {
    const task = this.#done();
    if ('page' in answer) task?.resolve(answer.page);
    else if (answer.unavailable) task?.reject(new StoreUnavailable(answer.failure));
    else task?.reject(new Error(answer.failure));
  }

  #done(): Task | undefined {
    const task = this.#running;
    this.#running = undefined;
    this.#next(task);
    return task;
  }

  /** The thread goes on until it has noticed; only then comes the next read. */
  #abandon(task: Task): void {
    this.#waiting = this.#waiting.filter((each) => each !== task);
    if (task === this.#running) Atomics.store(this.#halted, 0, 1);
    task.reject(new ReadTooLong());
  }
}

function closed(): StoreUnavailable {
  return new StoreUnavailable('The store cannot be used now: it is closed.');
}

const readers = new WeakMap<Database, Reader>();

/** The same for every call; undefined for a store that is not a file. */
export function readerOf(db: Database): Reader | undefined {
  const origin = originOf(db);
  if (origin === undefined) return undefined;
  const known = readers.get(db);
  if (known !== undefined) return known;
  const reader = new Reader(origin);
  readers.set(db, reader);
  beforeClosing(db, () => reader.close());
  return reader;
}
