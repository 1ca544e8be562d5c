/** Has the browser ask before a page is left on which something is unsaved. */
import type { Session } from '../session/api';

export function guardLeaving(session: Session): () => void {
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
  let asking = false;
  const follow = (): void => {
    const wanted = session.state.unsaved > 0;
    if (wanted !== asking) {
      asking = wanted;
      if (wanted) {
        window.addEventListener('beforeunload', ask);
      } else {
        window.removeEventListener('beforeunload', ask);
      }
    }
  };
  follow();
  const leave = session.subscribe(follow);
  return () => {
    leave();
    window.removeEventListener('beforeunload', ask);
  };
}
