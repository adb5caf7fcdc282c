import { AsyncLocalStorage } from 'node:async_hooks';

/** Finds queries that bypass the transaction they are in: they would wait for it, or read around it. */
export class TransactionScope {
  readonly #scope = new AsyncLocalStorage<{ open: boolean }>();

  /** Runs the body of a transaction. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const scope = { open: true };
    try {
      return await this.#scope.run(scope, work);
    } finally {
      scope.open = false;
    }
  }

  /** Throws inside a transaction: to be asked before another connection is taken. */
  refuseInside(): void {
    if (this.#scope.getStore()?.open) {
      throw new Error(
        'Inside a transaction every query must use it: the database itself would wait forever.',
      );
    }
  }
}
