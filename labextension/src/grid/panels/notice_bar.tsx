import { useEffect, useState } from 'react';
import { Icon } from '../drawing/icons';
import { Button, IconButton } from './controls';
import { formatAge } from './figures';
import { useGrid, useGridState, useSessionState } from './scope';

const SHOWN_FOR = 6000;

/** How long ago something happened, by the second while it is recent. */
function Age({ since }: { since: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.floor((now - since) / 1000);
  const text = seconds < 1 ? 'just now' : seconds < 60 ? `${seconds} s ago` : formatAge(since / 1000, now / 1000);
  return (
    <span className="tw-Notice-age" aria-hidden="true">
      {text}
    </span>
  );
}

/** Messages over the lower edge of the cells: what just happened, and whether the table can be reached. */
export function NoticeBar() {
  const { controller } = useGrid();
  const { notice } = useGridState();
  const { connection, notice: trouble, remedy } = useSessionState();
  const [held, setHeld] = useState(false);

  useEffect(() => {
    if (!notice || notice.level === 'error' || held) {
      return undefined;
    }
    const shown = notice.at !== undefined ? SHOWN_FOR * 5 : notice.action ? SHOWN_FOR * 2 : SHOWN_FOR;
    const timer = setTimeout(() => controller.notify(null), shown);
    return () => clearTimeout(timer);
  }, [controller, notice, held]);

  const lost = connection === 'gone' || connection === 'offline';
  return (
    <div className="tw-Notices">
      {lost && trouble && (
        <div className="tw-Notice tw-mod-lost" role="alert">
          <Icon name="offline" />
          <div className="tw-Notice-text">{trouble}</div>
          {remedy && <Button look="plain" label={remedy.label} onClick={() => void remedy.run()} />}
        </div>
      )}
      <div aria-live={notice?.level === 'error' ? 'assertive' : 'polite'}>
        {notice && (
          <div
            className={`tw-Notice tw-mod-${notice.level}`}
            onPointerEnter={() => setHeld(true)}
            onPointerLeave={() => setHeld(false)}
          >
            <Icon name={notice.level === 'error' ? 'warning' : 'info'} />
            <div className="tw-Notice-text">
              {notice.text}
              {notice.at !== undefined && <Age since={notice.at} />}
              {notice.hint && <span className="tw-Notice-hint"> {notice.hint}</span>}
            </div>
            {notice.action && (
              <Button
                look="plain"
                label={notice.action.label}
                onClick={() => {
                  notice.action?.run();
                  controller.notify(null);
                }}
              />
            )}
            <IconButton small icon="close" label="Dismiss" onClick={() => controller.notify(null)} />
          </div>
        )}
      </div>
    </div>
  );
}
