/** Names that one page of a browser holds alone, for as long as it lives. */

export interface Claim {
  release(): void;
  /** Calls when the name may be somebody else's. */
  onLost(listener: () => void): void;
}

export interface Claims {
  /** Takes a name, or null where another page has it. */
  take(name: string): Promise<Claim | null>;
}

/** The browser's own locks, which it lets go with the page. */
export class Locks implements Claims {
  constructor(private readonly locks: LockManager) {}

  take(name: string): Promise<Claim | null> {
    return new Promise((resolve, reject) => {
      this.locks
        .request(`tabweave:${name}`, { ifAvailable: true }, lock => {
          if (!lock) {
            resolve(null);
            return undefined;
          }
          return new Promise<void>(release => resolve({ release, onLost: () => undefined }));
        })
        .catch(reject);
    });
  }
}

/** A page in the background may be woken once a minute only. */
const RENEWAL = 40_000;
const TERM = 150_000;
const SETTLING = 40;

/**
 * Where there are no locks, which is on pages without HTTPS: an entry that must be renewed. A page that slept through its term
 * finds out when it wakes.
 */
export class Leases implements Claims {
  private readonly page = Math.random().toString(36).slice(2);

  constructor(private readonly storage: Storage) {}

  async take(name: string): Promise<Claim | null> {
    const key = `tabweave:held:${name}`;
    if (this.holder(key)) {
      return null;
    }
    this.write(key);
    await new Promise(resolve => setTimeout(resolve, SETTLING));
    return this.holder(key) === this.page ? this.hold(key) : null;
  }

  private hold(key: string): Claim {
    let lost: () => void = () => undefined;
    const renew = (): void => {
      if ((this.holder(key) ?? this.page) === this.page) {
        this.write(key);
      } else {
        stop();
        lost();
      }
    };
    const timer = setInterval(renew, RENEWAL);
    const wake = (): void => {
      if (document.visibilityState === 'visible') {
        renew();
      }
    };
    const stop = (): void => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('pagehide', release);
    };
    const release = (): void => {
      stop();
      if (this.holder(key) === this.page) {
        this.storage.removeItem(key);
      }
    };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('pagehide', release);
    return {
      release,
      onLost: listener => {
        lost = listener;
      }
    };
  }

  private holder(key: string): string | null {
    const [page = '', until = '0'] = (this.storage.getItem(key) ?? '').split(' ');
    return page && Number(until) > Date.now() ? page : null;
  }

  private write(key: string): void {
    this.storage.setItem(key, `${this.page} ${Date.now() + TERM}`);
  }
}
