// @ts-check
/** What a browser sends with a call of a page to its own origin. Every server gets it: each one has to read it. */

/** All but the cookies, and what a session adds. */
export const browser = {
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-US,en;q=0.9',
  'sec-ch-ua': '"Not;A=Brand";v="99", "Chromium";v="150"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
}

/** Headers of a session, as long as Tandem's, for those who have none and do not look at them. */
export const someSession = {
  cookie: `__Host-Http-session=${'s'.repeat(43)}; __Host-csrf=${'c'.repeat(60)}; __Host-hint=1`,
  'x-csrf-token': 'c'.repeat(60),
}
