/**
 * The users of a group: those listed in `/etc/group` and those whose primary group it is.
 *
 * @param group Text of `/etc/group`.
 * @param passwd Text of `/etc/passwd`.
 * @param which The group's name or number.
 * @returns Sorted names; null where there is no such group.
 */
export function groupMembers(
  group: string,
  passwd: string,
  which: string | number,
): string[] | null {
  const entry = group
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name, , gid]) => (typeof which === 'number' ? Number(gid) === which : name === which));
  if (!entry || entry.length < 4) return null;
  const [, , gid, listed = ''] = entry;
  const primary = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .flatMap(([name, , , primaryGid]) => (name && primaryGid === gid ? [name] : []));
  return [...new Set([...listed.split(',').filter(Boolean), ...primary])].sort();
}
