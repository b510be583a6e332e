//! `ShowVoiceTrainingQuotas`: from its wire types to [`VoiceTraining`].

use std::borrow::Cow;

use super::ApiReader;
use super::packed::{self, ListWalk, PackedRows};
use super::page::{self, ListPage, Row};
use crate::cloud::json::{self, DecodeError, Raw, Tally};
use crate::cloud::voice_training::{PATH, ShowVoiceTrainingQuotasResponse, VoiceTrainingResource};
use crate::snapshot::{CollectorData, Snapshot, VoiceResource, VoiceTraining};

pub(super) const API: ApiReader = ApiReader { path: PATH, query: "", read_page, pack, data };

fn read_page(body: &[u8], offset: u64) -> Result<ListPage, DecodeError> {
    let mut tally = Tally::default();
    let answer = ShowVoiceTrainingQuotasResponse::decode(body, &mut tally)?;
    let mut page = page::read_page(answer.count, "resources", answer.resources, offset, read_row)?;
    page.extras.available = read_available(answer.resource_available_nums, &mut tally);
    page.extras.invalid += tally.0;
    Ok(page)
}

/// The readable numbers, and how many others there are.
fn read_available(raw: Raw<'_>, tally: &mut Tally) -> Option<(Vec<(String, f64)>, u64)> {
    let object = json::object(raw, tally)?;
    // Every page repeats the object, so that its fields are not counted with those of the page.
    let mut fields_tally = Tally(object.invalid);
    let read = |(name, raw): (Cow<'_, str>, _)| {
        fields_tally.keep(json::amount(raw)).map(|number| (name.into_owned(), number))
    };
    let available = object.fields.into_iter().filter_map(read).collect();
    Some((available, fields_tally.0))
}

fn read_row(raw: Raw<'_>, tally: &mut Tally) -> Option<(String, Row)> {
    let resource = VoiceTrainingResource::read(raw, tally)?;
    let id = tally.keep(json::text(resource.resource_id));
    let mut text = |raw| tally.keep(json::text(raw)).unwrap_or_default();
    let row = VoiceResource {
        id: id.clone().unwrap_or_default(),
        resource_type: text(resource.resource_type),
        asset_id: text(resource.asset_id),
        charge_mode: text(resource.charge_mode),
        resource_source: text(resource.resource_source),
        operation_type: text(resource.operation_type),
        models: tally.keep(json::amount(resource.resource_nums)),
        models_available: tally.keep(json::amount(resource.resource_available_nums)),
        expiry: tally.keep(json::time(resource.expire_time)),
        status: tally.keep(json::number(resource.status)),
    };
    Some((id?, Row::VoiceResource(row)))
}

fn pack(rows: &[Row]) -> PackedRows {
    let resource =
        |row: &Row| if let Row::VoiceResource(resource) = row { Some(resource.clone()) } else { None };
    PackedRows::VoiceResources(rows.iter().filter_map(resource).collect())
}

fn data(walk: &ListWalk, _: Option<&Snapshot>) -> CollectorData {
    let resources = walk.order.iter().filter_map(|place| match &walk.pages.get(place.page as usize)?.rows {
        PackedRows::VoiceResources(resources) => resources.get(place.row as usize).cloned(),
        _ => None,
    });
    let (available, _) = packed::available(walk);
    let mut resources: Vec<_> = resources.collect();
    resources.shrink_to_fit();
    CollectorData::VoiceTraining(VoiceTraining { available, listed: walk.listed(), resources })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::page::CountedRow;

    #[test]
    fn fields_are_read_one_by_one_and_invalid_ones_are_counted() {
        let body = br#"{"count":2,"resource_available_nums":{"NEW":"7","BASIC":3,"MIDDLE":-1,"FLEXUS":null},
            "resources":[
                {"resource_id":"r1","resource_type":"BASIC","asset_id":"","charge_mode":null,"resource_source":[],
                 "operation_type":"ADD","resource_nums":"5","resource_available_nums":-2,
                 "expire_time":"2021-01-10 08:43:17","status":"1","unknown":{}},
                {"resource_type":"BASIC","resource_nums":true}]}"#;
        let mut page = read_page(body, 0).unwrap();
        assert_eq!(page.count, Some(2));
        let available = vec![("BASIC".to_owned(), 3.0), ("NEW".to_owned(), 7.0)];
        assert_eq!((page.extras.available, page.extras.invalid), (Some((available, 1)), 0));
        let resource = VoiceResource {
            id: "r1".to_owned(),
            resource_type: "BASIC".to_owned(),
            operation_type: "ADD".to_owned(),
            models: Some(5.0),
            expiry: Some(1_610_268_197.0),
            status: Some(1.0),
            ..VoiceResource::default()
        };
        let (id, unreadable) = page.rows.pop().unwrap();
        assert_eq!((id, unreadable.row, unreadable.invalid), (None, None, 1));
        let readable = CountedRow { row: Some(Row::VoiceResource(resource)), invalid: 2, content: 0 };
        assert_eq!(page.rows, [(Some("r1".to_owned()), readable)]);
    }

    #[test]
    fn available_resources_of_another_type_are_one_invalid_value() {
        let page = read_page(br#"{"count":0,"resource_available_nums":[1]}"#, 0).unwrap();
        assert_eq!((page.extras.available, page.extras.invalid), (None, 1));
    }
}
