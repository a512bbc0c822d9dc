/**
 * The smallest part of a set with which a test holds, where it holds with all of it: none of the
 * answer's members can be left out. Asks for O(k log n) tests where k of n are needed.
 * After U. Junker, "QuickXplain: Preferred Explanations and Relaxations" (2004).
 */
export async function smallestSet<Item>(
  all: readonly Item[],
  test: (some: readonly Item[]) => Promise<boolean>,
): Promise<Item[]> {
  if (all.length === 0 || (await test([]))) return [];
  const search = async (
    background: readonly Item[],
    isFresh: boolean,
    items: readonly Item[],
  ): Promise<Item[]> => {
    if (isFresh && (await test(background))) return [];
    if (items.length === 1) return [...items];
    const middle = items.length >> 1;
    const [first, second] = [items.slice(0, middle), items.slice(middle)];
    const fromSecond = await search([...background, ...first], first.length > 0, second);
    const fromFirst = await search([...background, ...fromSecond], fromSecond.length > 0, first);
    return [...fromFirst, ...fromSecond];
  };
  return search([], false, all);
}
