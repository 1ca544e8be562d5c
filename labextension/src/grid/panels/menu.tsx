import { useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { Icon, type IconName } from '../drawing/icons';

/** One line of a menu. A line that cannot be used stays readable and says why. */
export interface MenuItem {
  label: string;
  icon?: IconName;
  /** The key that does the same. */
  keys?: string;
  /** A word at the right, such as the present value. */
  detail?: string;
  /** Opens a page of its own. */
  deeper?: boolean;
  danger?: boolean;
  disabled?: string | false;
  run: () => void;
}

interface MenuProps {
  label: string;
  /** Groups of lines, with a rule between them. */
  groups: MenuItem[][];
  /** Whether the menu takes the focus when its popover opens. */
  first?: boolean;
}

/** Where a key leads from line `index` of `items`, or null. A letter goes to the next line that begins with it. */
export function nextLine(key: string, index: number, items: readonly { label: string }[]): number | null {
  const count = items.length;
  switch (key) {
    case 'ArrowDown':
      return (index + 1) % count;
    case 'ArrowUp':
      return (index - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
  }
  if (key.length !== 1 || key === ' ') {
    return null;
  }
  for (let step = 1; step <= count; step++) {
    const line = (index + step) % count;
    if (items[line]?.label.toLowerCase().startsWith(key.toLowerCase())) {
      return line;
    }
  }
  return null;
}

/** A menu with arrow keys, Home, End and first letters. */
export function Menu({ label, groups, first = false }: MenuProps) {
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const items = groups.flat();

  const go = (line: number) => {
    setActive(line);
    list.current?.querySelectorAll<HTMLElement>('[role="menuitem"]')[line]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const line = plain ? nextLine(event.key, active, items) : null;
    if (line !== null) {
      event.preventDefault();
      go(line);
    } else if (event.key === 'ArrowRight' && items[active]?.deeper) {
      event.preventDefault();
      items[active]?.run();
    }
  };

  let line = -1;
  return (
    <div ref={list} className="tw-Menu" role="menu" aria-label={label} onKeyDown={onKeyDown}>
      {groups
        .filter(group => group.length > 0)
        .map((group, place) => (
          <div key={group[0]?.label} className="tw-Menu-group" role="group">
            {place > 0 && <div className="tw-Menu-rule" role="separator" />}
            {group.map(item => {
              line += 1;
              const own = line;
              return (
                <MenuLine
                  key={item.label}
                  item={item}
                  active={own === active}
                  first={first && own === 0}
                  onEnter={() => go(own)}
                />
              );
            })}
          </div>
        ))}
    </div>
  );
}

function MenuLine({ item, active, first, onEnter }: { item: MenuItem; active: boolean; first: boolean; onEnter: () => void }) {
  return (
    <button
      type="button"
      role="menuitem"
      className={item.danger ? 'tw-Menu-item tw-mod-danger' : 'tw-Menu-item'}
      tabIndex={active ? 0 : -1}
      data-tw-first={first ? '' : undefined}
      aria-disabled={item.disabled ? true : undefined}
      aria-haspopup={item.deeper ? 'true' : undefined}
      aria-keyshortcuts={item.keys}
      title={item.disabled || undefined}
      onPointerMove={active ? undefined : onEnter}
      onClick={item.disabled ? undefined : item.run}
    >
      <span className="tw-Menu-icon">{item.icon && <Icon name={item.icon} />}</span>
      <span className="tw-Menu-label">{item.label}</span>
      {item.detail && <span className="tw-Menu-detail">{item.detail}</span>}
      {item.keys && <kbd className="tw-Menu-keys">{item.keys}</kbd>}
      {item.deeper && (
        <span className="tw-Menu-deeper">
          <Icon name="right" size={14} />
        </span>
      )}
    </button>
  );
}
