/** Where somebody signs in whose session is over, and comes back here from. It is to be loaded anew: nothing that was seen stays in memory. */
export function wayIn(): string {
  const { pathname, search } = window.location;
  return `/sign-in?${new URLSearchParams({ to: `${pathname}${search}` })}`;
}
