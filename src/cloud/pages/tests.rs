use std::cell::RefCell;

use super::walk::Place;
use super::*;
use crate::cloud::http::Response;

/// A server with a list of `rows` rows, which records the requested offsets.
struct ListServer {
    rows: u64,
    requested: RefCell<Vec<u64>>,
}

/// The content is the number in the ID of each row that has one.
type TestPage = Page<Vec<u64>>;

impl ListServer {
    fn new(rows: u64) -> Self {
        Self { rows, requested: RefCell::default() }
    }

    /// The page at `offset`, with at most `size` rows.
    fn page(&self, offset: u64, size: u64) -> TestPage {
        page(Some(self.rows), offset.min(self.rows)..(offset + size).min(self.rows))
    }

    async fn walk(&self, answer: impl Fn(u64) -> Result<TestPage, Error>) -> Result<Walk<Vec<u64>>, Error> {
        let fetch = |offset| {
            self.requested.borrow_mut().push(offset);
            std::future::ready(answer(offset))
        };
        walk_until_consistent(fetch, 4).await
    }

    /// The rows of a successful walk, whether it was consistent, and the number of requests.
    async fn walked(&self, answer: impl Fn(u64) -> TestPage) -> (u64, bool, usize) {
        let walk = self.walk(|offset| Ok(answer(offset))).await.unwrap();
        let rows = walk.order.iter().map(|place| walk.pages[place.page as usize][place.row as usize]);
        let ids = walk.order.iter().map(|place| walk.id(*place));
        assert!(rows.map(|row| format!("{row:06}")).eq(ids.clone()), "each row has its own ID");
        assert!(ids.is_sorted(), "{walk:?}");
        (walk.listed(), walk.is_consistent(), self.requested.borrow().len())
    }
}

fn page(count: Option<u64>, rows: std::ops::Range<u64>) -> TestPage {
    let ids = rows.clone().map(|row| format!("{row:06}")).collect();
    Page { count, ids, without_id: Vec::new(), content: rows.collect() }
}

/// A page of rows without an ID.
fn without_id(count: Option<u64>, rows: impl Iterator<Item = u64>) -> TestPage {
    let rows = rows.map(|content| RowWithoutId { content, invalid: 1 });
    Page { without_id: rows.collect(), ..page(count, 0..0) }
}

fn failure(status: u16) -> Error {
    Response::new(status, "").error(&[])
}

#[tokio::test]
async fn the_number_of_requests_follows_from_the_length() {
    // One more request follows a full last page: only an empty page proves the end.
    for (rows, pages) in [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (199, 2), (200, 3), (201, 3), (250, 3)]
    {
        let server = ListServer::new(rows);
        assert_eq!(
            server.walked(|offset| server.page(offset, LIMIT)).await,
            (rows, true, pages),
            "{rows} rows"
        );
    }
}

#[tokio::test]
async fn each_page_is_requested_once_and_in_order() {
    let server = ListServer::new(450);
    server.walked(|offset| server.page(offset, LIMIT)).await;
    assert_eq!(*server.requested.borrow(), [0, 100, 200, 300, 400]);
}

#[tokio::test]
async fn short_pages_lose_no_row() {
    for size in [1, 7, 10, 99] {
        let server = ListServer::new(250);
        let (listed, consistent, _) = server.walked(|offset| server.page(offset, size)).await;
        assert_eq!((listed, consistent), (250, true), "{size} rows a page");
    }
}

#[tokio::test]
async fn pages_of_uneven_length_lose_no_row() {
    let server = ListServer::new(250);
    let (listed, consistent, _) = server.walked(|offset| server.page(offset, 37 + offset % 50)).await;
    assert_eq!((listed, consistent), (250, true));
}

#[tokio::test]
async fn a_server_that_ignores_the_limit_is_read_in_one_page() {
    let server = ListServer::new(250);
    let (listed, consistent, _) = server.walked(|offset| server.page(offset, 1000)).await;
    assert_eq!((listed, consistent), (250, true));
}

#[tokio::test]
async fn without_a_count_the_walk_continues_to_the_first_empty_page() {
    for rows in [0, 30, 100, 250] {
        let server = ListServer::new(rows);
        let answer = |offset| Page { count: None, ..server.page(offset, LIMIT) };
        let (listed, consistent, pages) = server.walked(answer).await;
        let expected = 1 + usize::try_from(rows.div_ceil(LIMIT)).unwrap();
        assert_eq!((listed, consistent, pages), (rows, true, expected), "{rows} rows");
    }
}

#[tokio::test]
async fn a_count_that_is_too_small_loses_no_row() {
    for count in [0, 1, 100, 120, 249] {
        let server = ListServer::new(250);
        let answer = |offset| Page { count: Some(count), ..server.page(offset, LIMIT) };
        let (listed, consistent, _) = server.walked(answer).await;
        assert_eq!((listed, consistent), (250, false), "count {count}");
    }
}

#[tokio::test]
async fn a_count_that_is_too_large_ends_after_three_walks_of_three_empty_pages() {
    for count in [1_000, 2_147_483_647, u64::MAX] {
        let server = ListServer::new(250);
        let answer = |offset| Page { count: Some(count), ..server.page(offset, LIMIT) };
        let (listed, consistent, pages) = server.walked(answer).await;
        assert_eq!((listed, consistent), (250, false), "count {count}");
        // Three pages, three empty ones, and the requests in flight with the last of those.
        assert!(pages <= 3 * (3 + 3 + 4), "{pages} pages for count {count}");
    }
}

#[tokio::test]
async fn a_server_that_always_sends_the_same_page_ends_the_walk() {
    for count in [None, Some(250), Some(u64::MAX)] {
        let server = ListServer::new(100);
        let answer = |_| Page { count, ..server.page(0, LIMIT) };
        let (listed, consistent, pages) = server.walked(answer).await;
        assert_eq!((listed, consistent), (100, false), "count {count:?}");
        assert!(pages <= 3 * (1 + 3 + 4), "{pages} pages for count {count:?}");
    }
}

#[tokio::test]
async fn an_empty_page_or_one_of_duplicates_hides_no_row_behind_it() {
    for odd in [100..100, 0..100] {
        let server = ListServer::new(350);
        let answer = |offset| match offset {
            100 => page(Some(350), odd.clone()),
            _ => server.page(offset, LIMIT),
        };
        let (listed, consistent, _) = server.walked(answer).await;
        assert_eq!((listed, consistent), (250, false), "{odd:?} in place of the second page");
    }
}

#[tokio::test]
async fn the_next_walk_corrects_a_page_that_is_wrong_once() {
    let server = ListServer::new(350);
    let answer = |offset| {
        let first = server.requested.borrow().iter().filter(|offset| **offset == 100).count() == 1;
        if offset == 100 && first { page(Some(350), 0..0) } else { server.page(offset, LIMIT) }
    };
    assert_eq!(server.walked(answer).await, (350, true, 8));
}

#[tokio::test]
async fn a_changed_count_causes_another_walk() {
    let server = ListServer::new(250);
    let answer = |offset| {
        let first_request = server.requested.borrow().len() == 1;
        Page { count: Some(if first_request { 249 } else { 250 }), ..server.page(offset, LIMIT) }
    };
    assert_eq!(server.walked(answer).await, (250, true, 6));
}

#[tokio::test]
async fn a_list_that_keeps_changing_is_walked_three_times_and_inconsistent() {
    let server = ListServer::new(250);
    let answer = |offset| {
        let count = 250 + server.requested.borrow().len() as u64;
        Page { count: Some(count), ..server.page(offset, LIMIT) }
    };
    let (listed, consistent, pages) = server.walked(answer).await;
    // Three pages per walk, and a fourth for the rows that the count promises.
    assert_eq!((listed, consistent, pages), (250, false, 3 * 4));
}

#[tokio::test]
async fn rows_without_an_id_are_counted_and_kept_separately() {
    let server = ListServer::new(3);
    let answer = |_| Page { without_id: without_id(None, 2..3).without_id, ..page(Some(3), 0..2) };
    let walk = server.walk(|offset| Ok(answer(offset))).await.unwrap();
    assert_eq!(
        (walk.listed(), walk.order.len(), walk.without_id.len(), walk.is_consistent()),
        (3, 2, 1, true)
    );
}

#[tokio::test]
async fn a_count_that_is_too_small_loses_no_row_of_pages_that_are_shorter_than_requested() {
    for (count, page) in [(0, 10), (3, 10), (249, 60)] {
        let server = ListServer::new(250);
        let answer = |offset| Ok(Page { count: Some(count), ..server.page(offset, page) });
        let walk = server.walk(answer).await.unwrap();
        assert_eq!((walk.listed(), walk.is_consistent()), (250, false), "{count} {page}");
    }
}

#[tokio::test]
async fn any_page_that_fails_fails_the_walk() {
    for bad in [0, 100, 200] {
        let server = ListServer::new(250);
        let answer = |offset| match offset {
            _ if offset == bad => Err(failure(500)),
            _ => Ok(server.page(offset, LIMIT)),
        };
        assert_eq!(server.walk(answer).await.unwrap_err().to_string(), "500", "offset {bad}");
    }
}

#[tokio::test]
async fn a_repeated_walk_may_reach_the_deadline_but_not_fail() {
    let moving = |server: &ListServer, offset, then: fn() -> Error| match server.requested.borrow().len() {
        1..=4 => Ok(Page { count: Some(251), ..server.page(offset, LIMIT) }),
        _ => Err(then()),
    };
    let server = ListServer::new(250);
    let walk = server.walk(|offset| moving(&server, offset, || Error::Deadline)).await.unwrap();
    assert_eq!((walk.listed(), walk.is_consistent()), (250, false));

    let server = ListServer::new(250);
    let failed = server.walk(|offset| moving(&server, offset, || failure(403))).await;
    assert_eq!(failed.unwrap_err().to_string(), "403");

    let server = ListServer::new(250);
    let failed = server.walk(|_| Err(Error::Deadline)).await;
    assert_eq!(failed.unwrap_err().to_string(), "the poll timed out");
}

#[tokio::test]
async fn a_repeated_walk_that_fails_for_a_passing_reason_leaves_the_walk_before() {
    let decode = |is_incomplete| Error::Decode { cause: "x".to_owned(), request_id: None, is_incomplete };
    for passing in [failure(429), failure(503), Error::Deadline, decode(true)] {
        let name = passing.to_string();
        let (server, passing) = (ListServer::new(250), RefCell::new(Some(passing)));
        // The list has one row more than `count` says, so that a page after the last one is requested.
        let answer = |offset| match server.requested.borrow().len() {
            1..=4 => Ok(Page { count: Some(249), ..server.page(offset, LIMIT) }),
            _ => Err(passing.borrow_mut().take().unwrap_or(Error::Deadline)),
        };
        let walk = server.walk(answer).await.unwrap();
        assert_eq!((walk.listed(), walk.is_consistent()), (250, false), "{name}");
    }
    for lasting in [failure(403), failure(401), decode(false)] {
        let name = lasting.to_string();
        let (server, lasting) = (ListServer::new(50), RefCell::new(Some(lasting)));
        let answer = |offset| match server.requested.borrow().len() {
            1 | 2 => Ok(Page { count: Some(49), ..server.page(offset, LIMIT) }),
            _ => Err(lasting.borrow_mut().take().unwrap()),
        };
        assert_eq!(server.walk(answer).await.unwrap_err().to_string(), name);
    }
}

#[tokio::test]
async fn a_list_without_rows_although_its_count_says_otherwise_is_an_error_after_a_second_look() {
    let server = ListServer::new(0);
    let empty = |_| Ok(Page { count: Some(250), ..server.page(0, LIMIT) });
    let error = server.walk(empty).await.unwrap_err();
    let sentence = "the response cannot be read: the list has no rows, but its `count` is 250";
    assert_eq!(error.to_string(), sentence);
    assert_eq!(*server.requested.borrow(), [0, 0, 0]);

    let server = ListServer::new(50);
    let answer = |offset| match server.requested.borrow().len() {
        1 => Ok(Page { count: Some(50), ..page(None, 0..0) }),
        _ => Ok(server.page(offset, LIMIT)),
    };
    let walk = server.walk(answer).await.unwrap();
    assert_eq!((walk.listed(), walk.is_consistent()), (50, true));
}

#[tokio::test]
async fn rows_without_an_id_of_a_server_that_ignores_the_offset_end_the_walk() {
    for (count, consistent) in [(None, false), (Some(100), true), (Some(1_000_000), false)] {
        for with_id in [0, 7] {
            let server = ListServer::new(0);
            let answer =
                || Page { without_id: without_id(None, with_id..100).without_id, ..page(count, 0..with_id) };
            let walk = server.walk(|_| Ok(answer())).await.unwrap();
            let requested = server.requested.borrow().len();
            assert!(requested <= 3 * 8, "count {count:?}: {requested} requests");
            // The same rows are not counted again.
            assert_eq!((walk.listed(), walk.is_consistent()), (100, consistent), "count {count:?}");
        }
    }
}

#[tokio::test]
async fn a_list_without_ids_is_read_to_its_end() {
    for count in [None, Some(750)] {
        let server = ListServer::new(750);
        let answer = |offset| without_id(count, server.page(offset, LIMIT).content.into_iter());
        let walk = server.walk(|offset| Ok(answer(offset))).await.unwrap();
        assert_eq!((walk.listed(), walk.is_consistent()), (750, true), "count {count:?}");
    }
}

#[tokio::test]
async fn rows_without_an_id_are_no_duplicates() {
    let server = ListServer::new(0);
    let answer = |offset| {
        let rows = u64::from(offset == 0);
        Ok(Page { without_id: without_id(None, 0..2 * rows).without_id, ..page(None, 0..rows) })
    };
    let walk = server.walk(answer).await.unwrap();
    assert_eq!((walk.listed(), walk.is_consistent()), (3, true));
}

#[tokio::test]
async fn rows_are_sorted_by_id_and_of_equal_ids_the_later_row_counts() {
    let server = ListServer::new(0);
    let ids = [["b", "id-longer-b", "é"], ["a", "b", "id-longer-a"], ["id-longer", "", "id-longer-b"]];
    let answer = |offset: u64| {
        let page = usize::try_from(offset / 3).unwrap();
        let ids = ids.get(page).map_or(&[][..], |ids| ids).iter().map(|id| (*id).to_owned());
        let rows = ids.len() as u64;
        Page {
            count: None,
            ids: ids.collect(),
            without_id: vec![],
            content: (offset..offset + rows).collect(),
        }
    };
    let walk = server.walk(|offset| Ok(answer(offset))).await.unwrap();
    let content = |place: &Place| walk.pages[place.page as usize][place.row as usize];
    let rows: Vec<_> = walk.order.iter().map(|place| (walk.id(*place), content(place))).collect();
    let expected =
        [("", 7), ("a", 3), ("b", 4), ("id-longer", 6), ("id-longer-a", 5), ("id-longer-b", 8), ("é", 2)];
    assert_eq!(rows, expected);
    assert!(!walk.is_consistent());
}
