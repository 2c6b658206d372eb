/** The part of an element that the panel uses: the types of browsers may be missing. */
export interface PageElement extends EventTarget {
  textContent: string | null;
  hidden: boolean;
  append(...children: readonly (PageElement | string)[]): void;
  prepend(...children: readonly (PageElement | string)[]): void;
  remove(): void;
  focus(): void;
  setAttribute(name: string, value: string): void;
  attachShadow(options: { readonly mode: "open" }): ShadowTree;
}

/** The part of a shadow root that the panel uses. */
export interface ShadowTree {
  adoptedStyleSheets: readonly StyleSheet[];
  append(...children: readonly PageElement[]): void;
}

interface StyleSheet {
  replaceSync(text: string): void;
}

interface Browser {
  readonly document: {
    readonly documentElement: PageElement;
    createElement(name: string): PageElement;
  };
  readonly CSSStyleSheet: new () => StyleSheet;
}

function browser(): Browser {
  return globalThis as unknown as Browser;
}

/** Makes an element. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (PageElement | string)[]
): PageElement {
  const made = browser().document.createElement(name);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Sets the text of an element, which is hidden without text. A text that stays the same keeps its selection. */
export function setText(element: PageElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

/**
 * Adds an element with a shadow tree to the page, behind its body: selectors of the app neither match it nor count it.
 *
 * @param styles The tree's styles. They are not inline, so that a content security policy allows them.
 */
export function addHost(
  host: PageElement,
  styles: string,
  ...children: readonly PageElement[]
): void {
  const { document, CSSStyleSheet } = browser();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  const tree = host.attachShadow({ mode: "open" });
  tree.adoptedStyleSheets = [sheet];
  tree.append(...children);
  document.documentElement.append(host);
}
