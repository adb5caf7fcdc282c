import { VendorError } from '../core/errors.ts';

export interface Page<T> {
  items: readonly T[];
  /** Where the next page starts; null after the last one. */
  next: number | null;
}

/** All items of a paged list; UNREADABLE if the vendor's paging does not move forward, rather than a list cut short. */
export async function* paginate<T>(
  fetchPage: (position: number) => Promise<Page<T>>,
  first: number,
): AsyncGenerator<T> {
  let position: number | null = first;
  while (position !== null) {
    const page: Page<T> = await fetchPage(position);
    yield* page.items;
    if (page.next !== null && page.next <= position) {
      throw new VendorError('UNREADABLE', 'The vendor’s list pages do not move forward.');
    }
    position = page.next;
  }
}
