//! Photos, through the service.

use bytes::Bytes;
use contracts::crm::employee::v1::{
    DeleteEmployeePhotoRequest, GetEmployeePhotoRequest, GetEmployeePhotoResponse, Photo, PutEmployeePhotoRequest,
};
use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
use kernel::Error;

use crate::harness::{World, error, violations};

/// A grey picture.
pub(crate) fn png(width: u32, height: u32) -> Bytes {
    let pixels = vec![128; (width * height).try_into().unwrap()];
    let mut content = Vec::new();
    PngEncoder::new(&mut content).write_image(&pixels, width, height, ExtendedColorType::L8).unwrap();
    content.into()
}

async fn get(world: &World, employee_id: &str) -> GetEmployeePhotoResponse {
    let request = GetEmployeePhotoRequest { employee_id: employee_id.to_owned() };
    world.manager().get_employee_photo(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_photo_is_made_smaller_kept_and_given_back() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "").await;
    let put = PutEmployeePhotoRequest { employee_id: anna.id.clone(), content: png(1024, 512), version: 1 };
    let with_photo = world.manager().put_employee_photo(put).await.unwrap().into_inner().employee.unwrap();
    let photo = with_photo.photo.unwrap();
    assert_eq!((photo.version, photo.width, photo.height, with_photo.version), (1, 512, 256, 2));

    let got = get(&world, &anna.id).await;
    assert_eq!((got.content_type.as_str(), got.photo_version), ("image/jpeg", 1));
    assert_eq!(got.content.len(), usize::try_from(photo.size_bytes).unwrap());
    assert_eq!(image::load_from_memory(&got.content).unwrap().width(), 512);
    assert_eq!(world.published().await.last(), Some(&("EmployeeUpdated".to_owned(), 2)));
}

#[tokio::test]
async fn the_version_of_the_photo_rises_with_every_picture_also_after_it_was_deleted() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "").await;
    let mut manager = world.manager();
    let put = |version| PutEmployeePhotoRequest { employee_id: anna.id.clone(), content: png(8, 8), version };
    let delete = |version| DeleteEmployeePhotoRequest { employee_id: anna.id.clone(), version };
    manager.put_employee_photo(put(1)).await.unwrap();
    manager.put_employee_photo(put(2)).await.unwrap();
    assert_eq!(get(&world, &anna.id).await.photo_version, 2);

    let without = manager.delete_employee_photo(delete(3)).await.unwrap().into_inner().employee.unwrap();
    assert_eq!((without.photo, without.version), (None, 4));
    let request = GetEmployeePhotoRequest { employee_id: anna.id.clone() };
    assert!(matches!(error(manager.get_employee_photo(request).await), Error::NotFound { resource, .. } if resource == "photo"));
    let again = manager.delete_employee_photo(delete(4)).await.unwrap().into_inner().employee.unwrap();
    assert_eq!(again.version, 4, "there was nothing to delete");

    let anew = manager.put_employee_photo(put(4)).await.unwrap().into_inner().employee.unwrap();
    assert!(matches!(anew.photo, Some(Photo { version: 3, .. })));
    assert_eq!(get(&world, &anna.id).await.photo_version, 3);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_the_photo_stays() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "").await;
    let mut manager = world.manager();
    let put = |content: Bytes, version| PutEmployeePhotoRequest { employee_id: anna.id.clone(), content, version };
    manager.put_employee_photo(put(png(8, 8), 1)).await.unwrap();
    for (content, code) in [
        (Bytes::new(), "REQUIRED"),
        ("GIF89a\u{1}\0\u{1}\0\0\0\0;".into(), "UNSUPPORTED_TYPE"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>".into(), "UNSUPPORTED_TYPE"),
        ("<html><script>alert(1)</script>".into(), "UNSUPPORTED_TYPE"),
        (png(64, 64).slice(..40), "DAMAGED"),
        (vec![0; 10 * 1024 * 1024 + 1].into(), "TOO_LARGE"),
    ] {
        let outcome = manager.put_employee_photo(put(content, 2)).await;
        assert_eq!(violations(error(outcome)), [("content".to_owned(), code.to_owned())]);
    }
    assert_eq!(world.get(&anna.id).await.version, 2);
    assert_eq!(get(&world, &anna.id).await.photo_version, 1);
}
