import type { JsonObject } from '../../core/json.ts';
import type { CreateOutcome, Session, WantedCreate } from '../../vendor-kit/vendor.ts';

import { collectCalls, presentCollector } from './call-log.ts';

/** A batch leaves when it is full or when its oldest has waited this long for company, ms. */
const COMPANY_MS = 50;

interface Waiting {
  wanted: WantedCreate;
  /** Of the delivery that it belongs to. */
  calls: JsonObject[] | undefined;
  resolve(outcome: CreateOutcome): void;
  reject(error: unknown): void;
}

/** `session.create` for one account, in company with others where the vendor takes up to `size` a call. */
export function createBatcher(
  session: Pick<Session, 'create'>,
  size: number,
): (wanted: WantedCreate) => Promise<CreateOutcome> {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;

  function leave(): void {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    const create = () => session.create(batch.map(({ wanted }) => wanted));
    collectCalls(create).then(
      ({ result: outcomes, calls }) => {
        for (const one of batch) one.calls?.push(...calls);
        for (const [index, one] of batch.entries()) tell(one, outcomes[index]);
      },
      (error: unknown) => {
        for (const one of batch) one.reject(error);
      },
    );
  }

  return (wanted) =>
    new Promise((resolve, reject) => {
      waiting.push({ wanted, calls: presentCollector(), resolve, reject });
      if (waiting.length >= size) leave();
      else timer ??= setTimeout(leave, COMPANY_MS);
    });
}

function tell(one: Waiting, outcome: CreateOutcome | undefined): void {
  if (outcome === undefined) one.reject(new Error('The vendor gave no outcome for a create.'));
  else one.resolve(outcome);
}
